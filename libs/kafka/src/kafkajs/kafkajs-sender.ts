import { CompressionTypes, type IHeaders, type Producer, type ProducerBatch } from 'kafkajs';
import { BrokerContact } from '../send/broker-contact.js';
import { KafkaError } from '../port/errors.js';
import { GatheringSender, type PartitionAck } from '../send/gathering-sender.js';
import type { Condition, HeaderValue, KafkaAdmin, OutgoingRecord, RecordSender } from '../port/kafka-client.js';
import type { KafkaMetrics } from '../telemetry/kafka-metrics.js';
import { isOfType } from './kafka-error-of.js';
import { NULL_HEADER } from './mends.js';

const SEND_TIMEOUT_MS = 10_000;
const CONTACT_LIMITS = { everyMs: 3_000, withinMs: 10_000 };
/** A record that is worth the time that compression takes; many small ones together are not. */
const COMPRESS_FROM_BYTES = 64 * 1024;

export class KafkajsSender implements RecordSender {
  private readonly gathering: GatheringSender;
  private readonly contact: BrokerContact;

  constructor(
    private readonly producer: Producer,
    admin: Pick<KafkaAdmin, 'brokers'>,
    private readonly metrics: KafkaMetrics,
  ) {
    this.gathering = new GatheringSender((records) => this.sendBatch(records));
    this.contact = new BrokerContact(() => admin.brokers(), CONTACT_LIMITS);
    this.contact.start();
  }

  async send(records: readonly OutgoingRecord[]): ReturnType<RecordSender['send']> {
    try {
      const sent = await this.gathering.send(records);
      this.contact.answered();
      this.metrics.sent(records);
      return sent;
    } catch (error) {
      if (error instanceof KafkaError && error.code === 'SEND_FAILED') this.contact.failed(error.cause);
      this.metrics.notSent(records);
      throw error;
    }
  }

  condition(): Condition {
    return this.contact.condition();
  }

  async close(): Promise<void> {
    this.contact.stop();
    await this.gathering.close();
    await this.producer.disconnect();
  }

  private async sendBatch(records: readonly OutgoingRecord[]): Promise<PartitionAck[]> {
    const isLarge = records.some(({ value }) => (value?.length ?? 0) >= COMPRESS_FROM_BYTES);
    const topics = new Map<
      string,
      { partition: number; key: string | Buffer | null; value: string | Buffer | null; headers: IHeaders }[]
    >();
    for (const { topic, partition, key, value, headers } of records) {
      const message = { partition, key, value, headers: safeHeaders(headers ?? {}) };
      const messages = topics.get(topic);
      if (messages === undefined) topics.set(topic, [message]);
      else messages.push(message);
    }
    const batch: ProducerBatch = {
      acks: -1,
      timeout: SEND_TIMEOUT_MS,
      compression: isLarge ? CompressionTypes.GZIP : CompressionTypes.None,
      topicMessages: [...topics].map(([topic, messages]) => ({ topic, messages })),
    };
    const answers = await this.producer.sendBatch(batch).catch((error: unknown) => {
      throw refusalOf(error) ?? error;
    });
    const acks = answers
      .filter((answer) => answer.errorCode === 0)
      .map(({ topicName, partition, baseOffset, logAppendTime }) => ({
        topic: topicName,
        partition,
        baseOffset: BigInt(baseOffset ?? '-1'),
        appendedAtMs: logAppendTime === undefined || logAppendTime === '-1' ? null : Number(logAppendTime),
      }));
    const asked = new Set(records.map(({ topic, partition }) => `${topic}/${String(partition)}`));
    this.metrics.leftOut(asked.size - acks.length);
    return acks;
  }
}

/** What Kafka says of a record that it will never take; the client wraps it into an error of its own. */
const REFUSALS = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD'];

function refusalOf(error: unknown): KafkaError | null {
  return isOfType(error, ...REFUSALS) ? new KafkaError('RECORD_REFUSED', (error as Error).message, { cause: error }) : null;
}

/** T3: the client's encoder throws TypeErrors at numbers and objects; whatever the types say, nothing else gets through. */
function safeHeaders(headers: Readonly<Record<string, HeaderValue>>): IHeaders {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => {
      if (value === undefined) return [];
      return [[name, Array.isArray(value) ? value.map(safeHeader) : safeHeader(value)]];
    }),
  );
}

function safeHeader(value: unknown): string | Buffer {
  if (value === null) return NULL_HEADER;
  if (typeof value === 'string' || Buffer.isBuffer(value)) return value;
  return JSON.stringify(value);
}
