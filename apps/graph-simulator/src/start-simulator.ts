import type { Socket } from 'node:net';
import { nestLogger, type Logger } from '@callbus/chassis';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Faults } from './faults/faults.js';
import { SigningKeys } from './callbacks/signing-key.js';
import { SimulatorModule } from './simulator.module.js';
import type { SimulatorSettings } from './simulator-settings.js';
import { headerOf, Wire } from './faults/wire.js';

export interface Simulator {
  /** The port that was taken. */
  readonly port: number;
  /** Ends at once: connections are cut, calls and faults forgotten. */
  close(): Promise<void>;
}

/** A roster of a large meeting, sent through POST /simulator/notifications. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

export async function startSimulator(settings: SimulatorSettings, logger: Logger): Promise<Simulator> {
  const adapter = new FastifyAdapter({
    https: { cert: settings.tlsCert, key: settings.tlsKey },
    bodyLimit: MAX_BODY_BYTES,
    forceCloseConnections: true,
  });
  const app = await NestFactory.create<NestFastifyApplication>(
    SimulatorModule.with(settings, await SigningKeys.generate()),
    adapter,
    { bodyParser: false, logger: nestLogger(logger), abortOnError: false },
  );
  const fastify = adapter.getInstance();
  // Bodies are read as bytes: a POST is recorded whatever it holds.
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });
  resetBeforeRead(app);
  await app.listen(settings.httpPort, settings.httpHost);
  const address = fastify.server.address();
  const port = typeof address === 'object' && address ? address.port : settings.httpPort;
  return {
    port,
    close: async () => {
      app.get(Faults).clear();
      await app.close();
    },
  };
}

/** The one fault that strikes when the head of a request has come and its body has not been read. */
function resetBeforeRead(app: NestFastifyApplication): void {
  const [faults, { sockets }] = [app.get(Faults), app.get(Wire)];
  const fastify = app.getHttpAdapter().getInstance();
  fastify.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    const isCreate = request.method === 'POST' && /\/calls\/?$/.test(request.url);
    const facts = { callId: headerOf(request, 'scenario-id') };
    const order = isCreate
      ? faults.strike('create', 'received', facts, ({ action }) => action === 'reset-before-read')
      : undefined;
    if (!order) {
      done();
      return;
    }
    reply.hijack();
    sockets.reset(request.raw.socket);
  });
}
