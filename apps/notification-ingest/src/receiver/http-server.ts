import type { Socket } from 'node:net';
import type { HttpLimits } from '@callbus/chassis';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { rawAnswer } from './refusals/answers.js';
import { Refusal, type RefusalCode } from './refusals/refusals.js';

export interface HttpServerOptions {
  readonly limits: HttpLimits;
  /** PEM; plain http without. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  readonly onRefused: (refusal: Refusal) => void;
}

/** A server that faces the internet: every wait and every size has its bound, and bytes that are no request end the connection. */
export function httpServer({ limits, tls, onRefused }: HttpServerOptions): FastifyAdapter {
  const { headersTimeoutMs, requestTimeoutMs, keepAliveTimeoutMs } = limits;
  const node = limits.serverOptions();
  const adapter = new FastifyAdapter({
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    ...(tls === null ? { http: node } : { https: { ...node, ...tls, handshakeTimeout: headersTimeoutMs } }),
    clientErrorHandler: (error, socket) => {
      refuseBytes(error, socket, onRefused);
    },
  });
  const fastify = adapter.getInstance();
  fastify.server.maxConnections = limits.maxConnections;
  // Whoever handles the request reads its body, byte by byte.
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (_request, _body, done) => {
    done(null);
  });
  return adapter;
}

const PROTOCOL_ERRORS: Readonly<Partial<Record<string, RefusalCode>>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'SLOW_REQUEST',
  HPE_HEADER_OVERFLOW: 'LARGE_HEADERS',
  HPE_INVALID_METHOD: 'WRONG_METHOD',
};

/** What is wrong with the bytes of a request; every other error is of the connection, and nobody listens at its end. */
const HTTP_ERROR = /^(HPE|ERR_HTTP)_/;

function refuseBytes({ code = '', message }: NodeJS.ErrnoException, socket: Socket, onRefused: (refusal: Refusal) => void): void {
  if (!HTTP_ERROR.test(code) || !socket.writable) {
    socket.destroy();
    return;
  }
  const refusal = new Refusal(PROTOCOL_ERRORS[code] ?? 'MALFORMED_REQUEST', message);
  onRefused(refusal);
  socket.end(rawAnswer(refusal.status), () => {
    socket.destroy();
  });
}
