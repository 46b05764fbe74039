import { Catch, type ExceptionFilter } from '@nestjs/common';
import { Ctx, EventPattern, Payload, Server, type CustomTransportStrategy } from '@nestjs/microservices';
import { lastValueFrom, isObservable, throwError, type Observable } from 'rxjs';
import { deadLetterOf } from '../dead-letters/dead-letters.js';
import { KafkaError } from '../port/errors.js';
import type {
  Condition,
  ConsumeOptions,
  KafkaClient,
  ReceivedRecord,
  RecordConsumer,
  RecordContext,
  RecordHandler,
  RecordSender,
  Tries,
} from '../port/kafka-client.js';
import type { KafkaLogger } from '../port/kafka-logger.js';
import { missingOnKafka, type RunKafkaStep } from '../consume/start-on-kafka.js';

/** What a handler asks of the transport. */
export interface RecordHandlerOptions {
  /** Consumer group, without the installation's prefix. */
  readonly group: string;
  /** Where records go that cannot be handled, without the prefix. Without it such a record ends the process. */
  readonly deadLetterTopic?: string;
}

/** Marks a controller's method `(record: ReceivedRecord, context: RecordContext) => Promise<void>` as the handler of a topic (named without the prefix). */
export function OnRecord(topic: string, options: RecordHandlerOptions) {
  const mark = EventPattern(topic, { ...options }) as MethodDecorator;
  return <H extends RecordHandler>(target: object, property: string | symbol, descriptor: TypedPropertyDescriptor<H>): void => {
    mark(target, property, descriptor);
    // Unasked, Nest hands over the first parameter only.
    Payload()(target, property, 0);
    Ctx()(target, property, 1);
  };
}

/** Nest's default filter turns every error into "Internal server error"; the disposition needs the error itself. */
@Catch()
export class RethrowFilter implements ExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

export interface KafkaTransportOptions {
  readonly client: KafkaClient;
  readonly topicPrefix: string;
  /** Partitions of the dead-letter topics. */
  readonly partitions: number;
  readonly service: string;
  readonly logger: KafkaLogger;
  readonly onFatal: (error: unknown) => void;
  /** Runs the steps of the start: each group is joined in one. */
  readonly startStep: RunKafkaStep;
  /** Called once per assignment, before any record of it is handled. */
  readonly onAssigned?: (topic: string, partitions: readonly number[]) => void | Promise<void>;
  /** The trace that a record belongs to, where its sender could not know it. */
  readonly traceOf?: (record: ReceivedRecord) => string | undefined;
}

type Handle = (record: ReceivedRecord, context: RecordContext) => Promise<unknown>;

/** Nest handlers over our own consumer; the stock transport commits what it did not handle and blocks behind one record. */
export class KafkaTransport extends Server implements CustomTransportStrategy {
  override readonly propagatesEventHandlerErrors = true;
  private readonly consumers = new Map<string, RecordConsumer>();
  /**
   * Dead letters have a sender of their own: one can be 50 MB, and while it is compressed and sent, nothing else leaves through the
   * same sender.
   */
  private deadLetterSender: RecordSender | undefined;

  constructor(private readonly options: KafkaTransportOptions) {
    super();
  }

  listen(callback: (error?: unknown) => void): void {
    this.start().then(() => {
      callback();
    }, callback);
  }

  async close(): Promise<void> {
    try {
      await Promise.all([...this.consumers.values()].map((consumer) => consumer.stop()));
    } finally {
      await this.deadLetterSender?.close();
    }
  }

  override on(): never {
    throw new KafkaError('INVARIANT', 'This transport has no events.');
  }

  override unwrap(): never {
    throw new KafkaError('INVARIANT', 'This transport shows nothing of its client.');
  }

  /** The partitions that this process was given of a topic (named without the prefix). */
  assignment(topic: string): readonly number[] {
    return this.consumers.get(topic)?.assignment() ?? [];
  }

  condition(): Condition {
    const conditions = [...this.consumers.values()].map((consumer) => consumer.condition());
    if (conditions.length === 0) return { ok: false, reason: 'no topic is consumed yet' };
    return [...conditions, this.deadLetterSender?.condition()].find((one) => one?.ok === false) ?? { ok: true };
  }

  private async start(): Promise<void> {
    const { client, topicPrefix, logger, onFatal, startStep, onAssigned, traceOf } = this.options;
    const connect = (): Promise<RecordSender> => client.sender();
    const sender = await startStep({ name: 'connecting a sender of dead letters', run: connect, waitsFor: missingOnKafka });
    this.deadLetterSender = sender;
    for (const [topic, nestHandler] of this.messageHandlers) {
      const { group, deadLetterTopic } = nestHandler.extras as unknown as RecordHandlerOptions;
      const handle = nestHandler as unknown as Handle;
      const fullName = `${topicPrefix}${topic}`;
      const options: ConsumeOptions = {
        topic: fullName,
        group: `${topicPrefix}${group}`,
        handler: async (record, context) => {
          await settled(await handle(record, context));
        },
        ...(deadLetterTopic === undefined
          ? {}
          : { deadLetter: this.deadLetters(sender, `${topicPrefix}${deadLetterTopic}`, topic) }),
        ...(onAssigned === undefined ? {} : { onAssigned: (partitions) => onAssigned(topic, partitions) }),
        ...(traceOf === undefined ? {} : { traceOf }),
        onFatal,
      };
      const run = (): Promise<RecordConsumer> => client.consume(options);
      const name = `joining the group ${options.group} of ${fullName}`;
      const consumer = await startStep({ name, run, waitsFor: missingOnKafka });
      this.consumers.set(topic, consumer);
      logger.info({ topic: fullName, group: `${topicPrefix}${group}`, deadLetterTopic }, `handles ← ${fullName}`);
    }
  }

  private deadLetters(
    sender: RecordSender,
    topic: string,
    stage: string,
  ): (record: ReceivedRecord, error: unknown, tries: Tries) => Promise<void> {
    const { partitions, service } = this.options;
    return async (record, error, tries) => {
      await sender.send([deadLetterOf(record, error, tries, { topic, partitions, service, stage })]);
    };
  }
}

/** Nest wraps what a handler returns into observables, at times more than once. */
async function settled(result: unknown): Promise<void> {
  let value = result;
  while (isObservable(value)) value = await lastValueFrom(value, { defaultValue: undefined });
}
