import { createRequire } from 'node:module';
import { Kafka, type Consumer, type ConsumerConfig, type ISocketFactory, type KafkaConfig, type KafkaMessage } from 'kafkajs';
import type { ReceivedRecord, UnreadableBatch } from '../port/kafka-client.js';
import type { KafkaMetrics } from '../telemetry/kafka-metrics.js';
import type { PollLoop } from '../consume/poll-loop.js';
import type { UnreadablePlaces } from '../consume/unreadable-places.js';
import type { BatchMessage } from './record-batch.js';

export interface ReaderParts {
  readonly loop: PollLoop;
  readonly metrics: KafkaMetrics;
  readonly unreadable: UnreadablePlaces;
}

/** Delay before a reader tries an unreadable batch again: another replica or an operator's order may have come. */
export const LOOK_AGAIN_MS = 5_000;

/** As the client does it unless it is told otherwise. */
const connectSocket = (createRequire(import.meta.url)('kafkajs/src/network/socketFactory.js') as () => ISocketFactory)();

/**
 * A consumer that reports all its activity to the poll loop, also two kinds for which the client emits no event: attempts to
 * connect, and bytes of an answer that is not complete yet.
 */
export function readerOf(kafka: KafkaConfig, loop: PollLoop, config: ConsumerConfig): Consumer {
  const socketFactory: ISocketFactory = (options) => {
    const turned = (): void => {
      loop.turned();
    };
    turned();
    return connectSocket(options).on('data', turned);
  };
  const consumer = new Kafka({ ...kafka, socketFactory }).consumer(config);
  const { FETCH_START, FETCH, GROUP_JOIN, REBALANCING, CRASH, REQUEST, REQUEST_TIMEOUT } = consumer.events;
  for (const event of [FETCH_START, FETCH, GROUP_JOIN, REBALANCING, CRASH, REQUEST, REQUEST_TIMEOUT]) {
    (consumer.on as (name: string, listener: () => void) => void)(event, () => {
      loop.turned();
    });
  }
  return consumer;
}

export function receivedFrom(
  topic: string,
  partition: number,
  { offset, timestamp, key, value, headers }: KafkaMessage,
): ReceivedRecord {
  return {
    topic,
    partition,
    offset: BigInt(offset),
    timestampMs: Number(timestamp),
    key: key ?? null,
    value,
    headers: headers ?? {},
  };
}

/** @returns null for a record, which can be read */
export function unreadableFrom(topic: string, partition: number, message: KafkaMessage): UnreadableBatch | null {
  const { unreadable, offset, timestamp } = message as BatchMessage;
  if (unreadable === undefined) return null;
  const { firstOffset, reason, isDamaged, bytes } = unreadable;
  const range = { topic, partition, firstOffset: BigInt(firstOffset), lastOffset: BigInt(offset) };
  return { ...range, timestampMs: Number(timestamp), reason, isDamaged, bytes };
}
