import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace';
import { KafkaError } from '../port/errors.js';
import type { ConsumeOptions, KafkaClient, OutgoingRecord, ReceivedRecord, RecordHandler } from '../port/kafka-client.js';
import { createKafkaClient } from '../kafkajs/kafkajs-client.js';
import { traced } from './traced-client.js';
import { inTrace, isTracing, traceparentOf } from './traceparent.js';

const CALL = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) };
const OTHER = { traceId: 'c'.repeat(32), spanId: 'd'.repeat(16) };
const headerOf = ({ traceId, spanId }: typeof CALL): string => `00-${traceId}-${spanId}-01`;
const PHONE = '+15551234567';

const exporter = new InMemorySpanExporter();
let sent: readonly OutgoingRecord[] = [];
let refusal: Error | undefined;
let consumed: ConsumeOptions | undefined;

/** A client that keeps what it is asked for. */
const bare = {
  sender: () =>
    Promise.resolve({
      send: (records: readonly OutgoingRecord[]) => {
        sent = records;
        return refusal === undefined ? Promise.resolve([]) : Promise.reject(refusal);
      },
      condition: () => ({ ok: true }),
      close: () => Promise.resolve(),
    }),
  consume: (options: ConsumeOptions) => {
    consumed = options;
    return Promise.resolve({});
  },
} as unknown as KafkaClient;

const outgoing: OutgoingRecord = { topic: 'calls.commands', partition: 3, key: PHONE, value: PHONE };

function received(headers: ReceivedRecord['headers']): ReceivedRecord {
  return { ...outgoing, offset: 7n, timestampMs: 0, key: Buffer.from(PHONE), value: Buffer.from(PHONE), headers };
}

async function handled(
  record: ReceivedRecord,
  handler: RecordHandler,
  traceOf?: ConsumeOptions['traceOf'],
): Promise<ReadableSpan> {
  const options = { topic: 'calls.commands', group: 'group', onFatal: () => undefined };
  await traced(bare).consume({ ...options, handler, ...(traceOf && { traceOf }) });
  const delivery = {
    signal: new AbortController().signal,
    attempt: 1,
    firstTriedAtMs: 0,
    isLastOfKey: true,
    note: () => undefined,
  };
  await consumed?.handler(record, delivery).catch((error: unknown) => {
    if (error !== refusal) throw error;
  });
  return exporter.getFinishedSpans().at(-1)!;
}

it('does not wrap a client where no SDK was started', () => {
  expect([
    isTracing(),
    createKafkaClient({ brokers: ['127.0.0.1:1'], clientId: 'test', logger: console }).constructor.name,
  ]).toEqual([false, 'KafkajsClient']);
});

describe('with an SDK', () => {
  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }));
  });

  beforeEach(() => {
    exporter.reset();
    sent = [];
    refusal = undefined;
  });

  it('makes a send a span of the trace that is under way, and names it in every record', async () => {
    const sender = await traced(bare).sender();
    await inTrace(headerOf(CALL), () => sender.send([outgoing, { ...outgoing, headers: { more: 'than that' } }]));
    const [span] = exporter.getFinishedSpans();
    expect(span).toMatchObject({
      name: 'send calls.commands',
      kind: SpanKind.PRODUCER,
      parentSpanContext: CALL,
      attributes: {
        'messaging.system': 'kafka',
        'messaging.operation.type': 'send',
        'messaging.destination.name': 'calls.commands',
        'messaging.destination.partition.id': '3',
        'messaging.batch.message_count': 2,
      },
    });
    const traceparent = headerOf({ traceId: CALL.traceId, spanId: span!.spanContext().spanId });
    expect(sent.map(({ headers }) => headers)).toEqual([{ traceparent }, { traceparent, more: 'than that' }]);
  });

  it('leaves a record that has a trace in it', async () => {
    const sender = await traced(bare).sender();
    await inTrace(headerOf(CALL), () => sender.send([{ ...outgoing, headers: { traceparent: headerOf(OTHER) } }]));
    expect(sent[0]?.headers).toEqual({ traceparent: headerOf(OTHER) });
  });

  it('makes a try of a handler a span of the record’s trace, in which its sends are', async () => {
    const sender = await traced(bare).sender();
    const span = await handled(received({ traceparent: Buffer.from(headerOf(CALL)) }), async () => {
      await sender.send([outgoing]);
    });
    expect(span).toMatchObject({
      name: 'process calls.commands',
      kind: SpanKind.CONSUMER,
      parentSpanContext: CALL,
      links: [],
      attributes: {
        'messaging.operation.type': 'process',
        'messaging.consumer.group.name': 'group',
        'messaging.kafka.offset': 7,
      },
    });
    expect(exporter.getFinishedSpans()[0]?.parentSpanContext?.spanId).toBe(span.spanContext().spanId);
  });

  it.each<[string, ReceivedRecord['headers']]>([
    ['none', {}],
    ['nonsense', { traceparent: 'nonsense' }],
    ['null', { traceparent: null }],
    ['two', { traceparent: [headerOf(CALL), headerOf(CALL)] }],
    ['a megabyte', { traceparent: Buffer.alloc(1024 * 1024, 'a') }],
    ['more behind it', { traceparent: `${headerOf(CALL)}\r\n` }],
  ])('begins a trace for a record whose header is %s', async (_what, headers) => {
    const record = received(headers);
    expect(traceparentOf(record)).toBeUndefined();
    expect((await handled(record, () => Promise.resolve())).parentSpanContext).toBeUndefined();
  });

  it('puts a record that began a trace of its own into the one that it belongs to, and links the two', async () => {
    const span = await handled(
      received({ traceparent: headerOf(OTHER) }),
      () => Promise.resolve(),
      () => headerOf(CALL),
    );
    expect(span).toMatchObject({ parentSpanContext: CALL, links: [{ context: OTHER }] });
  });

  it('keeps a record that is in the trace it belongs to where its sender has put it', async () => {
    const sentFrom = { ...CALL, spanId: 'e'.repeat(16) };
    const span = await handled(
      received({ traceparent: headerOf(sentFrom) }),
      () => Promise.resolve(),
      () => headerOf(CALL),
    );
    expect(span).toMatchObject({ parentSpanContext: sentFrom, links: [] });
  });

  it('tells of failures what kind they are, and of no key, value or message', async () => {
    refusal = new KafkaError('RECORD_REFUSED', `It is of ${PHONE}.`);
    const span = await handled(received({}), () => Promise.reject(refusal!));
    expect(span).toMatchObject({ status: { code: SpanStatusCode.ERROR }, attributes: { 'error.type': 'RECORD_REFUSED' } });
    const sender = await traced(bare).sender();
    await expect(sender.send([outgoing])).rejects.toBe(refusal);
    const told = exporter
      .getFinishedSpans()
      .map(({ name, attributes, events, status }) => ({ name, attributes, events, status }));
    expect(told).toHaveLength(2);
    expect(JSON.stringify(told)).not.toContain(PHONE.slice(1));
  });
});
