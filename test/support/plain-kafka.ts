// A producer and a consumer as any team would write them: kafkajs and the cloudevents package, and none of our code.
import { CloudEvent, Kafka as KafkaBinding, type KafkaMessage as CloudEventMessage } from 'cloudevents';
import { Kafka, logLevel, type Consumer, type IHeaders, type KafkaMessage, type Producer } from 'kafkajs';
import { registerCodecs } from './plain-codecs.js';
import { until } from './stack-for-tests.js';

registerCodecs();

export interface HistoryEvent {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly sequence: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface PlainRecord {
  readonly partition: number;
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: IHeaders;
}

/** Of one partition: its first offset, and the one that comes next. */
interface Range {
  readonly partition: number;
  readonly low: string;
  readonly high: string;
}

/** How long a reader waits for a broker that went away. */
const BROKER_AWAY_MS = 120_000;

let readers = 0;

/** Reads a whole topic from its beginning and keeps it. */
export class PlainReader {
  readonly records: PlainRecord[] = [];
  private readonly byKey = new Map<string, PlainRecord[]>();
  /** By partition: what is read anew after a crash is not kept again. */
  private readonly lastOffsets = new Map<number, bigint>();
  private consumer: Promise<Consumer> | undefined;

  private constructor(
    private readonly brokers: readonly string[],
    private readonly topic: string,
  ) {}

  static async start(brokers: readonly string[], topic: string): Promise<PlainReader> {
    const reader = new PlainReader(brokers, topic);
    await (reader.consumer = reader.consume());
    return reader;
  }

  /** A reader that reads nothing. */
  static idle(topic: string): PlainReader {
    return new PlainReader([], topic);
  }

  /** The broker may stay away for longer than the client tries. */
  private async consumeAgain(): Promise<Consumer> {
    let consumer: Consumer | undefined;
    await until(
      `${this.topic} is read again`,
      async () => {
        consumer = await this.consume().catch(() => undefined);
        return consumer !== undefined;
      },
      BROKER_AWAY_MS,
    );
    return consumer!;
  }

  /** Joins a new group each time: the old group would wait for the crashed member until its session ends. */
  private async consume(): Promise<Consumer> {
    const consumer = plainKafka(this.brokers).consumer({
      groupId: `test-reader-${process.pid}-${(readers += 1)}`,
      maxWaitTimeInMs: 50,
      retry: { restartOnFailure: () => Promise.resolve(false) },
    });
    consumer.on(consumer.events.CRASH, () => {
      this.consumer = this.consumeAgain();
    });
    try {
      await consumer.connect();
      await consumer.subscribe({ topic: this.topic, fromBeginning: true });
    } catch (error) {
      await consumer.disconnect();
      throw error;
    }
    await consumer.run({
      eachMessage: ({ partition, message: { offset, key, value, headers = {} } }) => {
        this.keep({ partition, offset, key, value, headers });
        return Promise.resolve();
      },
    });
    return consumer;
  }

  /** The events of a call in the order of the topic, read with the cloudevents package. */
  history(callId: string): HistoryEvent[] {
    return this.of(callId).map(({ key, value, headers }) => {
      const message: CloudEventMessage = {
        key: key?.toString() ?? '',
        value: value?.toString() ?? '',
        headers: textHeaders(headers),
        body: undefined,
      };
      const event = KafkaBinding.toEvent(message);
      if (!(event instanceof CloudEvent) || !event.validate()) throw new Error('not one valid CloudEvent');
      return event as unknown as HistoryEvent;
    });
  }

  of(key: string): PlainRecord[] {
    return this.byKey.get(key) ?? [];
  }

  private keep(record: PlainRecord): void {
    const offset = BigInt(record.offset);
    if (offset <= (this.lastOffsets.get(record.partition) ?? -1n)) return;
    this.lastOffsets.set(record.partition, offset);
    this.records.push(record);
    const key = record.key?.toString() ?? '';
    const known = this.byKey.get(key);
    if (known === undefined) this.byKey.set(key, [record]);
    else known.push(record);
  }

  /** Waits until all is read that is in the topic now. */
  async caughtUp(): Promise<void> {
    const ends = await this.ends();
    const isRead = ({ partition, low, high }: Range): boolean =>
      low === high || (this.lastOffsets.get(partition) ?? -1n) >= BigInt(high) - 1n;
    await until(`${this.topic} is read to its end`, () => ends.every(isRead));
  }

  private async ends(): Promise<readonly Range[]> {
    const admin = plainKafka(this.brokers).admin();
    await admin.connect();
    let ends: readonly Range[] | undefined;
    await until(`${this.topic} says where it ends`, async () => {
      ends = await admin.fetchTopicOffsets(this.topic).catch((error: unknown) => {
        // Of a topic that is new; the client’s admin does not ask again by itself.
        if ((error as { retriable?: unknown }).retriable === true) return undefined;
        throw error;
      });
      return ends !== undefined;
    });
    await admin.disconnect();
    return ends ?? [];
  }

  /** Waits until the history has an event like this. @returns the whole history so far */
  async historyWith(callId: string, is: (event: HistoryEvent) => boolean, timeoutMs = 60_000): Promise<HistoryEvent[]> {
    await until(
      `the history of ${callId} has what is looked for; it has ${JSON.stringify(this.history(callId).map(({ type, data }) => [type, data['state'] ?? data['reason']]))}`,
      () => this.history(callId).some(is),
      timeoutMs,
    );
    return this.history(callId);
  }

  /** Waits until the call has ended or failed. */
  async ended(callId: string, timeoutMs = 60_000): Promise<HistoryEvent[]> {
    return this.historyWith(callId, ({ type, data }) => type === 'CallCreationFailed' || data['final'] === true, timeoutMs);
  }

  async stop(): Promise<void> {
    await (await this.consumer)?.disconnect();
  }
}

export interface PlainMessage {
  readonly key: string | Buffer | null;
  readonly value: string | Buffer | null;
  readonly headers?: IHeaders;
  /** @default the one of the key */
  readonly partition?: number;
  /** Milliseconds since 1970. @default now */
  readonly timestamp?: string;
}

export class PlainProducer {
  private constructor(
    private readonly producer: Producer,
    private readonly topic: string,
  ) {}

  static async start(brokers: readonly string[], topic: string): Promise<PlainProducer> {
    const producer = plainKafka(brokers).producer();
    await producer.connect();
    return new PlainProducer(producer, topic);
  }

  /**
   * Those of one key in the order given. T1: one send of records in several partitions may say that all is well and leave some
   * out, so each partition or key has its own.
   */
  async send(...messages: readonly PlainMessage[]): Promise<void> {
    const { producer, topic } = this;
    const together = Object.values(Object.groupBy(messages, ({ partition, key }) => String(partition ?? key)));
    await Promise.all(
      together.map((ofOne = []) => producer.send({ topic, messages: ofOne.map((one) => ({ ...one })), acks: -1 })),
    );
  }

  async stop(): Promise<void> {
    await this.producer.disconnect();
  }
}

/** A command as the documentation describes it, made by hand. */
export function commandMessage(
  type: 'CreateCall' | 'EndCall' | 'ReleaseCall',
  data: Readonly<Record<string, unknown>> & { readonly callId: string },
  id = data.callId,
): PlainMessage {
  const event = { specversion: '1.0', id, source: '/test', type, datacontenttype: 'application/json', data };
  return { key: data.callId, value: JSON.stringify(event), headers: { 'content-type': 'application/cloudevents+json' } };
}

/** Patient enough for a broker that is killed and started again. */
const RETRY = { initialRetryTime: 100, maxRetryTime: 2_000, retries: 20 };

export function plainKafka(brokers: readonly string[]): Kafka {
  return new Kafka({ brokers: [...brokers], clientId: 'plain', logLevel: logLevel.NOTHING, retry: RETRY });
}

function textHeaders(headers: KafkaMessage['headers'] = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
