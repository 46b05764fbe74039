import { LEDGER_MEMORY_MS } from './ledger-keeping.js';
import { TOPICS, type TopicSpec } from './topics.js';

const DAY_MS = 24 * 60 * 60 * 1_000;
const OBSERVATIONS: TopicSpec = TOPICS.observations;
/** Days after its end in which a call may still be observed: Graph repeats its callbacks for minutes. */
const LATE_DAYS = 1;

/**
 * Milliseconds without a change for which the snapshot of a call that is not over is kept at least, parked calls included. It is
 * longer than the ledger knows the call: until then a release can permit an attempt, which may take a day to be dialled, and the
 * sequencer may have to fold observations of all the days that they are kept.
 */
export const UNFINISHED_HISTORY_MS = LEDGER_MEMORY_MS + DAY_MS + Number(OBSERVATIONS.config['retention.ms']);

/**
 * Milliseconds from a fact until an observation of it that is written again can no longer begin a history: the snapshot of a history
 * that was there may have been deleted.
 * @param snapshotRetentionDays days after a call's end after which its snapshot is deleted
 */
export function mayBeginHistoryMs(snapshotRetentionDays: number): number {
  return (snapshotRetentionDays - LATE_DAYS) * DAY_MS;
}
