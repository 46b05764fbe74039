import { nestLogger, type ServiceContext } from '@callbus/chassis';
import { CallbackPaths } from '@callbus/contracts';
import { CallbackTokens } from '@callbus/graph';
import type { RecordSender } from '@callbus/kafka';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { IngestSettings } from '../ingest-settings.js';
import { AuthenticCallbacks } from './authentic-callbacks.js';
import { authenticateCallback } from './authenticate-callback.js';
import { CallbackStore } from './callback-store.js';
import { answerError, ErrorFilter } from './error.filter.js';
import { ReceiverModule } from './receiver.module.js';

type ReceiverContext = Pick<ServiceContext<IngestSettings>, 'settings' | 'logger' | 'health' | 'onShutdown'>;

/** Starts the role that faces the internet. @returns the port that was taken */
export async function startReceiver(
  { settings, logger, health, onShutdown }: ReceiverContext,
  sender: RecordSender,
): Promise<number> {
  const { tlsCert: cert, tlsKey: key, callbackMaxBodyBytes: bodyLimit } = settings;
  const tokens = new CallbackTokens({ openIdUrl: settings.callbackOpenIdUrl, issuers: settings.callbackIssuers });
  onShutdown('callback keys', () => tokens.close());
  health.addReadiness('callback keys', () =>
    tokens.isReady() ? { ok: true } : { ok: false, reason: `no keys could be had from ${settings.callbackOpenIdUrl} yet` },
  );
  await tokens.start();

  const authentic = new AuthenticCallbacks();
  const store = new CallbackStore({
    sender,
    topicPrefix: settings.kafka.topicPrefix,
    partitions: settings.kafka.partitions,
    timeoutMs: settings.callbackStoreTimeoutMs,
  });
  const adapter = new FastifyAdapter({ bodyLimit, ...(cert === undefined ? {} : { https: { cert, key: key ?? '' } }) });
  const app = await NestFactory.create<NestFastifyApplication>(ReceiverModule.with(store, authentic), adapter, {
    bodyParser: false,
    logger: nestLogger(logger),
    abortOnError: false,
  });
  app.useGlobalFilters(new ErrorFilter(logger));
  const fastify = adapter.getInstance();
  // Whatever its content type says, a body stays bytes.
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });
  const paths = new CallbackPaths(settings.callbackMacKeys);
  fastify.addHook('onRequest', async (request, reply) => {
    try {
      authentic.set(request, await authenticateCallback(request.url, request.headers.authorization, paths, tokens));
    } catch (error) {
      await answerError(error, reply, logger);
    }
  });
  await app.listen(settings.httpPort, settings.httpHost);
  onShutdown('receiver', () => app.close());
  const address = fastify.server.address();
  return typeof address === 'object' && address ? address.port : settings.httpPort;
}
