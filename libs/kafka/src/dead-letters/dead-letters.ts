import { hostname } from 'node:os';
import { partitionOf } from '@callbus/contracts';
import { dispositionOf } from './disposition-of.js';
import type { OutgoingRecord, ReceivedRecord, Tries } from '../port/kafka-client.js';

/** Headers that a dead letter carries beside the record's own. */
export const DEAD_LETTER_HEADERS = {
  reason: 'dead-letter-reason',
  message: 'dead-letter-message',
  stage: 'dead-letter-stage',
  topic: 'dead-letter-topic',
  partition: 'dead-letter-partition',
  offset: 'dead-letter-offset',
  timestamp: 'dead-letter-timestamp',
  attempts: 'dead-letter-attempts',
  /** When the process that put the record aside first tried it. */
  firstSeen: 'dead-letter-first-seen',
  service: 'dead-letter-service',
} as const;

const LONGEST_MESSAGE = 2_000;

export interface DeadLetterOptions {
  readonly topic: string;
  readonly partitions: number;
  readonly service: string;
  /** What was being done with the record. */
  readonly stage: string;
}

/** The dead letter of a record: its bytes, key and headers as they came, and why it is here. */
export function deadLetterOf(
  record: ReceivedRecord,
  error: unknown,
  { attempt: attempts, firstTriedAtMs }: Tries,
  options: DeadLetterOptions,
): OutgoingRecord {
  const disposition = dispositionOf(error, attempts);
  const names = DEAD_LETTER_HEADERS;
  return {
    topic: options.topic,
    partition: record.key === null ? 0 : partitionOf(record.key, options.partitions),
    key: record.key,
    value: record.value,
    headers: {
      ...record.headers,
      [names.reason]: disposition.kind === 'dead-letter' ? disposition.reason : disposition.kind,
      [names.message]: (error instanceof Error ? error.message : String(error)).slice(0, LONGEST_MESSAGE),
      [names.stage]: options.stage,
      [names.topic]: record.topic,
      [names.partition]: String(record.partition),
      [names.offset]: String(record.offset),
      [names.timestamp]: String(record.timestampMs),
      [names.attempts]: String(attempts),
      [names.firstSeen]: new Date(firstTriedAtMs).toISOString(),
      [names.service]: `${options.service}@${hostname()}`,
    },
  };
}

/** A record that was put aside: as it came, and why it is aside. */
export interface DeadLetter {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** Milliseconds since 1970. */
  readonly putAsideAtMs: number;
  readonly reason: string;
  readonly message: string;
  readonly stage: string;
  readonly attempts: number;
  /** When the process that put it aside first tried it, ISO 8601. */
  readonly firstSeen: string;
  readonly service: string;
  readonly original: ReceivedRecord;
}

const OWN_HEADERS: ReadonlySet<string> = new Set(Object.values(DEAD_LETTER_HEADERS));

/** The inverse of `deadLetterOf`. @returns null for a record that does not say where it came from */
export function readDeadLetter(letter: ReceivedRecord): DeadLetter | null {
  const { topic, partition, offset, timestampMs: putAsideAtMs, key, value, headers } = letter;
  const text = (name: keyof typeof DEAD_LETTER_HEADERS): string => String(headers[DEAD_LETTER_HEADERS[name]] ?? '');
  const isWhole =
    text('topic') !== '' && (['partition', 'offset', 'timestamp'] as const).every((name) => /^\d+$/.test(text(name)));
  if (!isWhole) return null;
  return {
    topic,
    partition,
    offset,
    putAsideAtMs,
    reason: text('reason'),
    message: text('message'),
    stage: text('stage'),
    attempts: Number(text('attempts')),
    firstSeen: text('firstSeen'),
    service: text('service'),
    original: {
      topic: text('topic'),
      partition: Number(text('partition')),
      offset: BigInt(text('offset')),
      timestampMs: Number(text('timestamp')),
      key,
      value,
      headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !OWN_HEADERS.has(name))),
    },
  };
}
