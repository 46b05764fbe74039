import { partitionOf } from '@callbus/contracts';
import type { DeadLetter } from './dead-letters.js';
import type { OutgoingRecord, ReceivedRecord } from '../port/kafka-client.js';

/** Headers that a replayed record carries beside its own. */
export const REPLAY_HEADERS = {
  /** When the broker first took the record, milliseconds since 1970. */
  firstAppended: 'replay-first-appended',
  /** The dead letter: topic/partition/offset. */
  of: 'replay-of',
} as const;

/**
 * The record that a dead letter was, for its own topic again: bytes, key and headers as they came, so under the same id.
 * A key decides the partition as it always does; without one it goes where it was.
 * @param partitions of the topic
 */
export function replayOf(letter: DeadLetter, partitions: number): OutgoingRecord {
  const { topic, partition, key, value, headers } = letter.original;
  return {
    topic,
    partition: key === null ? partition : partitionOf(key, partitions),
    key,
    value,
    headers: {
      ...headers,
      [REPLAY_HEADERS.firstAppended]: String(firstAppendedAtMs(letter.original)),
      [REPLAY_HEADERS.of]: placeOf(letter),
    },
  };
}

/** Where a record lies, as people write it: topic/partition/offset. */
export function placeOf({ topic, partition, offset }: Pick<ReceivedRecord, 'topic' | 'partition' | 'offset'>): string {
  return `${topic}/${String(partition)}/${String(offset)}`;
}

/** The dead letter that the record is a replay of; null for one that is none. */
export function replayedFrom({ headers }: Pick<ReceivedRecord, 'headers'>): string | null {
  const place = headers[REPLAY_HEADERS.of];
  return place === undefined || place === null ? null : String(place);
}

/**
 * When the record was first in its topic, milliseconds since 1970: time that is counted from there goes on over a replay.
 * Whoever writes the header can only make the record older than it is, never younger.
 */
export function firstAppendedAtMs({ headers, timestampMs }: Pick<ReceivedRecord, 'headers' | 'timestampMs'>): number {
  const text = String(headers[REPLAY_HEADERS.firstAppended] ?? '');
  return /^\d{1,15}$/.test(text) ? Math.min(Number(text), timestampMs) : timestampMs;
}
