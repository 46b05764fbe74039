import underPressure from '@fastify/under-pressure';
import { measureRequests, nestLogger, sendAwayWhileDraining, traceRequests, type ServiceContext } from '@callbus/chassis';
import { CallbackPaths } from '@callbus/contracts';
import { CallbackTokens } from '@callbus/graph';
import type { RecordSender } from '@callbus/kafka';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { IngestSettings } from '../ingest-settings.js';
import { CallbackGate } from './gate/callback-gate.js';
import { CallbackStore } from './store/callback-store.js';
import { httpServer } from './http-server.js';
import { InFlight } from './gate/in-flight.js';
import { ReceiverMetrics, watchCallbackKeys } from './receiver-metrics.js';
import { ReceiverModule } from './receiver.module.js';
import { RefusalFilter } from './refusal.filter.js';
import { RefusalLog } from './refusals/refusal-log.js';
import { Refusal } from './refusals/refusals.js';

type ReceiverContext = Pick<ServiceContext<IngestSettings>, 'settings' | 'logger' | 'health' | 'metrics' | 'onShutdown'>;

/** Starts the role that faces the internet. @returns the port that was taken */
export async function startReceiver(context: ReceiverContext, sender: RecordSender): Promise<number> {
  const { settings, logger, onShutdown } = context;
  const { callbackLimits: limits, httpLimits, kafka, tlsCert: cert, tlsKey: key = '' } = settings;
  const { maxBodyBytes, maxAddresses, maxEventLoopDelayMs, storeTimeoutMs: timeoutMs, retryAfterSeconds } = limits;
  const metrics = new ReceiverMetrics(context.metrics);
  const inFlight = new InFlight(limits);
  const paths = new CallbackPaths(settings.callbackMacKeys);
  const tokens = await startTokens(context);
  watchCallbackKeys(context.metrics, tokens);
  const { verifyDuration } = metrics;
  const gate = new CallbackGate({ paths, tokens, inFlight, verifyDuration, maxBodyBytes, maxAddresses });
  const store = new CallbackStore({ sender, topicPrefix: kafka.topicPrefix, partitions: kafka.partitions, timeoutMs });

  const log = new RefusalLog(logger, metrics);
  const filter = new RefusalFilter(log, gate, retryAfterSeconds);
  const adapter = httpServer({
    limits: httpLimits,
    tls: cert === undefined ? null : { cert, key },
    onRefused: (refusal) => {
      log.note(refusal);
    },
  });
  const app = await NestFactory.create<NestFastifyApplication>(
    ReceiverModule.with({ gate, inFlight, store, limits, metrics }),
    adapter,
    {
      bodyParser: false,
      logger: nestLogger(logger),
      abortOnError: false,
    },
  );
  app.useGlobalFilters(filter);
  const fastify = adapter.getInstance();
  measureRequests(fastify, context.metrics);
  sendAwayWhileDraining(fastify, context.health);
  traceRequests(fastify, { continuesTraces: false });
  await app.register(underPressure, {
    maxEventLoopDelay: maxEventLoopDelayMs,
    pressureHandler: (_request, reply, _type, delayMs) => {
      if (!inFlight.isBusy()) return;
      void filter.refuse(new Refusal('OVERLOADED', `the process lags ${Math.round(delayMs ?? 0)} ms behind`), reply);
    },
  });
  fastify.addHook('onRequest', async (request, reply) => {
    try {
      await gate.pass(request);
    } catch (error) {
      return filter.refuse(error, reply);
    }
  });
  await app.listen(settings.httpPort, settings.httpHost);
  onShutdown('receiver', async () => {
    const closed = app.close();
    await inFlight.drained(httpLimits.requestTimeoutMs);
    await answersAreWritten();
    // Who has sent nothing yet, or not all of it, would keep the server from closing.
    fastify.server.closeAllConnections();
    await closed;
  });
  const address = fastify.server.address();
  return typeof address === 'object' && address ? address.port : settings.httpPort;
}

async function startTokens({ settings, logger, health, onShutdown }: ReceiverContext): Promise<CallbackTokens> {
  const { callbackOpenIdUrl: openIdUrl, callbackIssuers: issuers, callbackKeys } = settings;
  const tokens = new CallbackTokens({
    openIdUrl,
    issuers,
    ...callbackKeys,
    onFetchFailed: (error) => {
      logger.warn({ err: error, openIdUrl }, 'the keys of callback tokens could not be fetched; the last good ones serve on');
    },
  });
  onShutdown('callback keys', () => tokens.close());
  health.addReadiness('callback keys', () =>
    tokens.isReady() ? { ok: true } : { ok: false, reason: `no keys could be had from ${openIdUrl} yet` },
  );
  await tokens.start();
  return tokens;
}

/** What is answered in one turn of the event loop is written before the next. */
function answersAreWritten(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
