import { ContractError } from '@callbus/contracts';
import { KafkaError, UnprocessableRecordError } from '../port/errors.js';

/** What becomes of a record whose handler threw. */
export type Disposition =
  | { readonly kind: 'retry'; readonly delayMs: number }
  | { readonly kind: 'dead-letter'; readonly reason: string }
  | { readonly kind: 'stop' };

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5_000;

/** Reason of a dead letter whose handler failed in a way that nobody foresaw. */
export const UNEXPECTED = 'UNEXPECTED';

/**
 * Total: Kafka away is waited out, however long (nothing is lost by waiting); a broken invariant ends the process; all
 * else is about the record, which goes to the dead letters so that it never stops its partition.
 * @param attempt 1 for the first failure
 */
export function dispositionOf(error: unknown, attempt: number): Disposition {
  if (error instanceof UnprocessableRecordError) return { kind: 'dead-letter', reason: error.reason };
  if (error instanceof ContractError) return { kind: 'dead-letter', reason: error.code };
  if (!(error instanceof KafkaError)) return { kind: 'dead-letter', reason: UNEXPECTED };
  switch (error.code) {
    case 'QUEUE_FULL':
    case 'SEND_FAILED':
    case 'SENDER_CLOSED':
    case 'FOLLOWER_LATE':
    case 'UNREACHABLE':
    case 'UNAUTHENTICATED':
      return { kind: 'retry', delayMs: Math.min(FIRST_DELAY_MS * 2 ** (attempt - 1), LONGEST_DELAY_MS) };
    case 'RECORD_REFUSED':
    case 'UNREADABLE_BATCH':
      return { kind: 'dead-letter', reason: error.code };
    case 'UNAUTHORIZED':
    case 'PARTITION_COUNT':
    case 'TOPIC_MISSING':
    case 'RECORDS_GONE':
    case 'INVARIANT':
      return { kind: 'stop' };
  }
}
