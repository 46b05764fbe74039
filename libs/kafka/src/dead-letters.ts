import { hostname } from 'node:os';
import { partitionOf } from '@callbus/contracts';
import { dispositionOf } from './disposition-of.js';
import type { HeaderValue, OutgoingRecord, ReceivedRecord } from './kafka-client.js';

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
  firstSeen: 'dead-letter-first-seen',
  service: 'dead-letter-service',
  nullHeaders: 'dead-letter-null-headers',
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
  attempts: number,
  firstSeenMs: number,
  options: DeadLetterOptions,
): OutgoingRecord {
  const disposition = dispositionOf(error, attempts);
  const names = DEAD_LETTER_HEADERS;
  const nullHeaders = Object.keys(record.headers).filter((name) => record.headers[name] == null);
  return {
    topic: options.topic,
    partition: record.key === null ? 0 : partitionOf(record.key, options.partitions),
    key: record.key,
    value: record.value,
    headers: {
      ...definedHeaders(record.headers),
      [names.reason]: disposition.kind === 'dead-letter' ? disposition.reason : disposition.kind,
      [names.message]: (error instanceof Error ? error.message : String(error)).slice(0, LONGEST_MESSAGE),
      [names.stage]: options.stage,
      [names.topic]: record.topic,
      [names.partition]: String(record.partition),
      [names.offset]: String(record.offset),
      [names.timestamp]: String(record.timestampMs),
      [names.attempts]: String(attempts),
      [names.firstSeen]: new Date(firstSeenMs).toISOString(),
      [names.service]: `${options.service}@${hostname()}`,
      ...(nullHeaders.length > 0 ? { [names.nullHeaders]: nullHeaders.join(',') } : {}),
    },
  };
}

function definedHeaders(headers: Readonly<Record<string, HeaderValue>>): Record<string, NonNullable<HeaderValue>> {
  return Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, NonNullable<HeaderValue>] => entry[1] != null),
  );
}
