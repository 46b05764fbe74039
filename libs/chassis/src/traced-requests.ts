import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { FastifyInstance } from 'fastify';

const tracer = trace.getTracer('@callbus/chassis');

export interface TracedRequestsOptions {
  /** Whether a request goes on with the trace that its `traceparent` names. What comes from outside begins its own. */
  readonly continuesTraces: boolean;
}

/**
 * Makes each request that passes for handling a span, under which its handler runs (OpenTelemetry's conventions for HTTP
 * servers). The route stands for the path, since a callback's path is a secret. To be called before there are routes.
 */
export function traceRequests(fastify: FastifyInstance, { continuesTraces }: TracedRequestsOptions): void {
  if (propagation.fields().length === 0) return;
  // As late as this, so that nobody fills the collector with what is refused.
  fastify.addHook('preValidation', (request, reply, done) => {
    const { url: route } = request.routeOptions;
    if (route === undefined) {
      done();
      return;
    }
    const { traceparent } = request.headers;
    const parent = continuesTraces ? propagation.extract(ROOT_CONTEXT, { traceparent }) : ROOT_CONTEXT;
    const span = tracer.startSpan(
      `${request.method} ${route}`,
      {
        kind: SpanKind.SERVER,
        startTime: performance.timeOrigin + performance.now() - reply.elapsedTime,
        attributes: { 'http.request.method': request.method, 'http.route': route, 'url.scheme': request.protocol },
      },
      parent,
    );
    reply.raw.once('close', () => {
      const status = reply.raw.statusCode;
      span.setAttribute('http.response.status_code', status);
      if (status >= 500) span.setAttribute('error.type', String(status)).setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    });
    context.with(trace.setSpan(parent, span), done);
  });
}
