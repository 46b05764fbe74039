import { randomUUID } from 'node:crypto';
import { nestLogger, type ServiceContext } from '@callbus/chassis';
import { MAX_INPUT_DEPTH, parseJson, partitionsOf, topicName, TOPICS, type Snapshot } from '@callbus/contracts';
import { kafkaClientOf, SnapshotFollower } from '@callbus/kafka';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { Callers } from './callers.js';
import { CallerTokens } from './caller-tokens.js';
import { CommandLog } from './command-log.js';
import { answerError, ErrorFilter } from './error.filter.js';
import { GatewayModule } from './gateway.module.js';
import type { GatewaySettings } from './gateway-settings.js';

/** A request, head and body, is to be there within this time. */
const REQUEST_TIMEOUT_MS = 15_000;

/** @returns the port that was taken */
export async function startGateway(context: ServiceContext<GatewaySettings>): Promise<number> {
  const { settings, logger, health, onShutdown, fail } = context;
  const { topicPrefix, partitions } = settings.kafka;
  const client = kafkaClientOf(settings.kafka, settings.serviceName || 'gateway', logger);
  onShutdown('kafka', () => client.close());
  await client.admin().checkPartitions(
    [TOPICS.commands, TOPICS.snapshots].map((topic) => ({
      topic: topicName(topicPrefix, topic),
      partitions: partitionsOf(topic, partitions),
    })),
  );
  const sender = await client.sender();
  onShutdown('sender', () => sender.close());
  health.addReadiness('kafka sender', () => sender.condition());
  const snapshots = await SnapshotFollower.start<Snapshot>({
    client,
    topicPrefix,
    keep: (snapshot) => snapshot,
    onFatal: fail,
  });
  onShutdown('snapshots', () => snapshots.stop());
  await snapshots.caughtUp();

  const tokens = new CallerTokens(settings);
  onShutdown('callers’ keys', () => {
    tokens.close();
    return Promise.resolve();
  });
  await tokens.start();
  health.addReadiness('callers’ keys', () =>
    tokens.isReady()
      ? { ok: true }
      : { ok: false, reason: `no keys could be had from ${settings.openIdUrl}: ${tokens.whyNot()}` },
  );

  const { tlsCert: cert, tlsKey: key } = settings;
  const adapter = new FastifyAdapter({
    bodyLimit: settings.maxBodyBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    genReqId: () => randomUUID(),
    ...(cert === undefined ? {} : { https: { cert, key: key ?? '' } }),
  });
  const callers = new Callers();
  const commands = new CommandLog({ sender, topicPrefix, partitions, timeoutMs: settings.sendTimeoutMs });
  const app = await NestFactory.create<NestFastifyApplication>(
    GatewayModule.with({ settings, callers, commands, snapshots }),
    adapter,
    { bodyParser: false, logger: nestLogger(logger), abortOnError: false },
  );
  app.useGlobalFilters(new ErrorFilter(logger));
  const fastify = adapter.getInstance();
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request: FastifyRequest, body: Buffer) =>
    Promise.resolve(body.length === 0 ? undefined : parseJson(body, MAX_INPUT_DEPTH)),
  );
  fastify.addHook('onRequest', async (request, reply) => {
    try {
      callers.set(request, await tokens.verify(request.headers.authorization));
    } catch (error) {
      await answerError(error, request, reply, logger);
    }
  });
  await app.listen(settings.httpPort, settings.httpHost);
  onShutdown('http', () => app.close());
  const address = fastify.server.address();
  return typeof address === 'object' && address ? address.port : settings.httpPort;
}
