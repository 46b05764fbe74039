import { randomUUID } from 'node:crypto';
import helmet from '@fastify/helmet';
import rateLimit, { type RateLimitPluginOptions } from '@fastify/rate-limit';
import { measureRequests, nestLogger, sendAwayWhileDraining, traceRequests, type Health, type Logger } from '@callbus/chassis';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Registry } from 'prom-client';
import { ApiError } from './http/api-error.js';
import type { CallerTokens } from './callers/caller-tokens.js';
import { Callers, nameOf } from './callers/callers.js';
import { answerError, ErrorFilter } from './http/error.filter.js';
import { GatewayModule, type GatewayParts } from './gateway.module.js';
import type { GatewaySettings } from './gateway-settings.js';
import { OpenAnswers } from './http/open-answers.js';
import { watchMethods } from './http/other-methods.js';
import { readBody } from './http/request-body.js';
import { isOfSwaggerUi, registerSwaggerUi } from './http/swagger-ui.js';
import { UnprovenLimit } from './callers/unproven-limit.js';

/** What is told back of a caller's own id of its request. */
const CLIENT_REQUEST_ID = /^[\x20-\x7e]{1,256}$/;

export interface GatewayAppParts extends Omit<GatewayParts, 'callers'> {
  readonly tokens: Pick<CallerTokens, 'isPlausible' | 'isProven' | 'verify'>;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly health: Pick<Health, 'isDraining'>;
}

/** The HTTP side of the gateway. */
export class GatewayApp {
  private constructor(
    private readonly app: NestFastifyApplication,
    private readonly parts: Pick<GatewayAppParts, 'calls' | 'events' | 'settings'>,
    private readonly answers: OpenAnswers,
  ) {}

  static async create(parts: GatewayAppParts): Promise<GatewayApp> {
    const { settings, logger } = parts;
    const callers = new Callers();
    const answers = new OpenAnswers();
    const adapter = adapterFor(settings);
    const app = await NestFactory.create<NestFastifyApplication>(GatewayModule.with({ ...parts, callers }), adapter, {
      bodyParser: false,
      logger: nestLogger(logger),
      abortOnError: false,
    });
    app.useGlobalFilters(new ErrorFilter(logger));
    const fastify = adapter.getInstance();
    measureRequests(fastify, parts.registry);
    sendAwayWhileDraining(fastify, parts.health);
    fastify.removeAllContentTypeParsers();
    fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request: FastifyRequest, body: Buffer) =>
      Promise.resolve(readBody(body)),
    );
    await app.register(helmet);
    if (settings.swaggerUi !== undefined) await registerSwaggerUi(app, settings.swaggerUi);
    await app.register(rateLimit, rateLimitOf(settings, callers));
    const unproven = new UnprovenLimit(settings);
    fastify.addHook('onRequest', async (request, reply) => {
      answers.add(reply.raw);
      identify(request, reply);
      if (isOfSwaggerUi(request)) return;
      try {
        const { authorization } = request.headers;
        // A caller with a proven token is served even while others flood from its address.
        const isProven = parts.tokens.isProven(authorization);
        const giveBack = isProven ? null : await unproven.take(request.ip, () => parts.tokens.isPlausible(authorization));
        callers.set(request, await parts.tokens.verify(authorization));
        giveBack?.();
        requireUnpacked(request);
      } catch (error) {
        await answerError(error, request, reply, logger);
      }
    });
    traceRequests(fastify, { continuesTraces: true });
    const refuseOtherMethods = watchMethods(fastify);
    await app.init();
    refuseOtherMethods();
    return new GatewayApp(app, parts, answers);
  }

  /** @returns the port that was taken */
  async listen(port: number, host: string): Promise<number> {
    await this.app.listen(port, host);
    const address = this.app.getHttpServer().address();
    return typeof address === 'object' && address ? address.port : port;
  }

  /** Takes no more requests, brings those under way to an end, and closes every connection. */
  async close(): Promise<void> {
    const closed = this.app.close();
    this.parts.calls.endWaits();
    await this.parts.events.closeAll();
    await this.answers.drained(this.parts.settings.httpLimits.requestTimeoutMs);
    // Who has sent nothing yet, or not all of it, would keep the server from closing.
    this.app.getHttpServer().closeAllConnections();
    await closed;
  }
}

/** The request's id, ours and the caller's own, goes out with every answer. */
function identify(request: FastifyRequest, reply: FastifyReply): void {
  void reply.header('request-id', request.id);
  const clientRequestId = request.headers['client-request-id'];
  if (typeof clientRequestId === 'string' && CLIENT_REQUEST_ID.test(clientRequestId)) {
    void reply.header('client-request-id', clientRequestId);
  }
}

function rateLimitOf({ requestsPerSecond }: GatewaySettings, callers: Callers): RateLimitPluginOptions {
  return {
    max: requestsPerSecond,
    timeWindow: 1_000,
    keyGenerator: (request) => nameOf(callers.of(request)),
    errorResponseBuilder: (_request, { max }) =>
      new ApiError(429, 'TooManyRequests', `At most ${String(max)} requests a second are taken. Try again after Retry-After.`),
  };
}

function adapterFor({
  maxBodyBytes,
  httpLimits,
  trustedProxies,
  tlsCert: cert,
  tlsKey: key = '',
}: GatewaySettings): FastifyAdapter {
  const node = httpLimits.serverOptions();
  const adapter = new FastifyAdapter({
    bodyLimit: maxBodyBytes,
    requestTimeout: httpLimits.requestTimeoutMs,
    keepAliveTimeout: httpLimits.keepAliveTimeoutMs,
    trustProxy: trustedProxies.length > 0 && trustedProxies,
    genReqId: () => randomUUID(),
    // Graph also ignores case and a trailing slash.
    routerOptions: { ignoreTrailingSlash: true, caseSensitive: false },
    ...(cert === undefined ? { http: node } : { https: { ...node, cert, key, handshakeTimeout: httpLimits.headersTimeoutMs } }),
  });
  adapter.getInstance().server.maxConnections = httpLimits.maxConnections;
  return adapter;
}

/** @throws ApiError 415 for a body that would have to be unpacked: a small one can become a huge one */
function requireUnpacked({ headers }: FastifyRequest): void {
  const encoding = headers['content-encoding'];
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return;
  throw new ApiError(415, 'UnsupportedMediaType', 'Send the body as it is, without a Content-Encoding.');
}
