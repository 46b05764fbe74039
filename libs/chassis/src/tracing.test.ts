import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { context, propagation, trace } from '@opentelemetry/api';
import { createLogger } from './logger.js';
import { loadSettings } from './settings.js';
import { startTracing } from './tracing.js';
import { TracingSettings } from './tracing-settings.js';

interface WireSpan {
  readonly name: string;
}

const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
const received: { readonly url: string | undefined; readonly headers: IncomingHttpHeaders; readonly body: Buffer }[] = [];
const log: string[] = [];
const logger = createLogger('test', 'warn', (line) => log.push(line));
let collector: Server;
let endpoint: string;
let stop: (() => Promise<void>) | undefined;

const settingsOf = (more: NodeJS.ProcessEnv = {}): TracingSettings =>
  loadSettings(TracingSettings, { OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...more });

/** Starts it, does the work, and stops it. @returns the spans that the collector got */
async function told(work: () => Promise<unknown>, more?: NodeJS.ProcessEnv): Promise<readonly WireSpan[]> {
  stop = await startTracing('gateway-1', settingsOf({ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', ...more }), logger);
  await work();
  await stop();
  return received.flatMap(({ body }) => {
    const { resourceSpans } = JSON.parse(body.toString()) as { resourceSpans: { scopeSpans: { spans: WireSpan[] }[] }[] };
    return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
  });
}

beforeAll(async () => {
  collector = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ url: request.url, headers: request.headers, body: Buffer.concat(chunks) });
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(collector, 'listening');
  endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
});

afterAll(() => {
  collector.closeAllConnections();
  collector.close();
});

afterEach(() => {
  trace.disable();
  propagation.disable();
  context.disable();
  received.length = 0;
});

describe('traces', () => {
  it('are not made unless they are asked for', async () => {
    stop = await startTracing('gateway-1', loadSettings(TracingSettings, {}), logger);
    expect([propagation.fields(), trace.getTracer('test').startSpan('one').isRecording()]).toEqual([[], false]);
    await stop();
  });

  it('go to the collector at the latest when the process stops, with the name of the service', async () => {
    await told(() => {
      trace.getTracer('test').startSpan('one').end();
      return Promise.resolve();
    });
    expect(received).toMatchObject([{ url: '/v1/traces', headers: { 'content-type': 'application/json' } }]);
    const { resource } = (JSON.parse(received[0]!.body.toString()) as { resourceSpans: { resource: object }[] })
      .resourceSpans[0]!;
    expect(JSON.stringify(resource)).toContain('{"key":"service.name","value":{"stringValue":"gateway-1"}}');
  });

  it('go there as protobuf with the headers that were given, unless told otherwise', async () => {
    stop = await startTracing('gateway-1', settingsOf({ OTEL_EXPORTER_OTLP_HEADERS: 'api-key=s%20cret' }), logger);
    trace.getTracer('test').startSpan('one').end();
    await stop();
    expect(received).toMatchObject([{ headers: { 'content-type': 'application/x-protobuf', 'api-key': 's cret' } }]);
  });

  it('are kept in part where the settings say so, but for those that a caller keeps', async () => {
    const parent = (): ReturnType<typeof context.active> => propagation.extract(context.active(), { traceparent });
    const spans = await told(
      () => {
        for (let index = 0; index < 10; index += 1) trace.getTracer('test').startSpan('own').end();
        trace.getTracer('test').startSpan('caller’s', {}, parent()).end();
        return Promise.resolve();
      },
      { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' },
    );
    expect(spans.map(({ name }) => name)).toEqual(['caller’s']);
  });

  it('are lost with a line in the log when there is no collector, and stop nothing', async () => {
    const nowhere = {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
      OTEL_EXPORTER_OTLP_TIMEOUT: '100',
      OTEL_BSP_SCHEDULE_DELAY: '10',
    };
    stop = await startTracing('gateway-1', settingsOf(nowhere), logger);
    trace.getTracer('test').startSpan('one').end();
    while (!log.some((line) => line.includes('are lost'))) await new Promise((resolve) => setImmediate(resolve));
    await stop();
  });
});
