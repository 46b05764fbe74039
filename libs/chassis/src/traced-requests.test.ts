import type { AddressInfo } from 'node:net';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace';
import Fastify from 'fastify';
import { traceRequests } from './traced-requests.js';

const CALLER = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) };
const traceparent = `00-${CALLER.traceId}-${CALLER.spanId}-01`;
const exporter = new InMemorySpanExporter();

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }));
});

/** The spans of a request to a handler that works, and of one to a route that there is not. */
async function spansOf(continuesTraces: boolean, headers: Record<string, string>, body = '{}'): Promise<readonly ReadableSpan[]> {
  exporter.reset();
  const server = Fastify();
  server.addHook('onRequest', async (request, reply) => {
    if (request.headers.authorization === undefined) await reply.status(401).send({});
  });
  traceRequests(server, { continuesTraces });
  server.post('/calls/:callId', async (_request, reply) => {
    trace.getTracer('test').startSpan('work').end();
    return reply.status(503).send({});
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  const { port } = server.server.address() as AddressInfo;
  for (const path of ['/calls/secret-id', '/nowhere']) {
    const all = { 'content-type': 'application/json', ...headers };
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers: all, body });
    await response.text();
  }
  await server.close();
  return exporter.getFinishedSpans();
}

describe('a traced request', () => {
  it('is a span with its route and status, not its path, and what its handler does is under it', async () => {
    const [work, request, ...others] = await spansOf(true, { authorization: 'a', traceparent });
    expect([request, others]).toMatchObject([
      {
        name: 'POST /calls/:callId',
        kind: SpanKind.SERVER,
        parentSpanContext: CALLER,
        status: { code: SpanStatusCode.ERROR },
        attributes: { 'http.route': '/calls/:callId', 'http.response.status_code': 503, 'error.type': '503' },
      },
      [],
    ]);
    expect(work).toMatchObject({ name: 'work', parentSpanContext: { spanId: request?.spanContext().spanId } });
    expect(JSON.stringify([request?.name, request?.attributes])).not.toContain('secret-id');
  });

  it('begins a trace of its own where callers are not to say which it is in', async () => {
    const [work, request] = await spansOf(false, { authorization: 'a', traceparent: traceparent.replace(/01$/, '00') });
    expect([request?.name, request?.parentSpanContext]).toEqual(['POST /calls/:callId', undefined]);
    expect(work?.spanContext().traceId).toBe(request?.spanContext().traceId);
  });

  it.each<[string, Record<string, string>, string]>([
    ['sends no token', {}, '{}'],
    ['sends what is no JSON', { authorization: 'a' }, '{'],
  ])('is none when it is refused before its handler: who %s', async (_who, headers, body) => {
    expect(await spansOf(true, { traceparent, ...headers }, body)).toEqual([]);
  });
});
