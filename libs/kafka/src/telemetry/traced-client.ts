import {
  context,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
  type SpanOptions,
} from '@opentelemetry/api';
import type {
  Condition,
  ConsumeOptions,
  KafkaClient,
  OutgoingRecord,
  ReceivedRecord,
  RecordHandler,
  RecordSender,
  SentRecord,
} from '../port/kafka-client.js';
import { contextOf, TRACEPARENT, traceparentOf, traceparentOfContext } from './traceparent.js';

const tracer = trace.getTracer('@callbus/kafka');

/**
 * Makes each send and each try of a handler a span, by OpenTelemetry's conventions for messaging, and links them by the
 * header `traceparent`. Of a record only its place is told: keys, values and the words of errors may name somebody.
 */
export function traced(client: KafkaClient): KafkaClient {
  return {
    sender: async () => new TracedSender(await client.sender()),
    consume: (options) => client.consume({ ...options, handler: tracedHandler(options) }),
    follow: (options) => client.follow(options),
    admin: () => client.admin(),
    liveness: () => client.liveness(),
    unreadable: () => client.unreadable(),
    repairOf: (range) => client.repairOf(range),
    close: () => client.close(),
  };
}

class TracedSender implements RecordSender {
  constructor(private readonly sender: RecordSender) {}

  async send(records: readonly OutgoingRecord[]): Promise<readonly SentRecord[]> {
    const [first] = records;
    if (first === undefined) return [];
    const attributes: Attributes = { ...operation('send', first), 'messaging.batch.message_count': records.length };
    return inSpan(`send ${first.topic}`, { kind: SpanKind.PRODUCER, attributes }, context.active(), (span) => {
      const traceparent = traceparentOfContext(trace.setSpan(context.active(), span));
      // A record that was in a trace before, as one that is put aside, stays in it.
      return this.sender.send(
        records.map((record) => ({ ...record, headers: { [TRACEPARENT]: traceparent, ...record.headers } })),
      );
    });
  }

  condition(): Condition {
    return this.sender.condition();
  }

  close(): Promise<void> {
    return this.sender.close();
  }
}

function tracedHandler({ handler, group, traceOf }: ConsumeOptions): RecordHandler {
  return async (record, delivery) => {
    const sent = contextOf(traceparentOf(record));
    const own = contextOf(traceOf?.(record));
    const [sender, owner] = [sent, own].map((one) => trace.getSpanContext(one));
    const isForeign = owner !== undefined && owner.traceId !== sender?.traceId;
    const options = {
      kind: SpanKind.CONSUMER,
      attributes: {
        ...operation('process', record),
        'messaging.consumer.group.name': group,
        'messaging.kafka.offset': Number(record.offset),
      },
      links: isForeign && sender !== undefined ? [{ context: sender }] : [],
    };
    await inSpan(`process ${record.topic}`, options, isForeign ? own : sent, () => handler(record, delivery));
  };
}

function operation(name: 'send' | 'process', { topic, partition }: Pick<ReceivedRecord, 'topic' | 'partition'>): Attributes {
  return {
    'messaging.system': 'kafka',
    'messaging.operation.name': name,
    'messaging.operation.type': name,
    'messaging.destination.name': topic,
    'messaging.destination.partition.id': String(partition),
  };
}

async function inSpan<T>(name: string, options: SpanOptions, parent: Context, work: (span: Span) => Promise<T>): Promise<T> {
  const span = tracer.startSpan(name, options, parent);
  try {
    return await context.with(trace.setSpan(parent, span), () => work(span));
  } catch (error) {
    span.setAttribute('error.type', typeOf(error)).setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}

/** The code of an error of ours, else its class. */
function typeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
