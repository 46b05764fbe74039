import { LEDGER_MEMORY_MS } from '../ledger/ledger-keeping.js';
import { TOPICS, type TopicSpec } from '../topics/topics.js';

const DAY_MS = 24 * 60 * 60 * 1_000;
const OBSERVATIONS: TopicSpec = TOPICS.observations;
/** Days after a call's end in which facts of it may still be observed: Graph repeats its callbacks for minutes. */
const LATE_DAYS = 1;

/**
 * Shortest time for which the snapshot of a call that is not over, such as a parked one, is kept after its last change, in
 * milliseconds. It adds up the time that the ledger knows the call and a release can permit an attempt, the day in which that
 * attempt may be dialled, and the retention of the observations that may still have to be folded.
 */
export const UNFINISHED_HISTORY_MS = LEDGER_MEMORY_MS + DAY_MS + Number(OBSERVATIONS.config['retention.ms']);

/**
 * Milliseconds by which a record may be younger than the fact that it observes and still begin a history. When an observation is
 * written again later than that, the call's snapshot may have existed and been deleted.
 * @param snapshotRetentionDays days after a call's end after which its snapshot is deleted
 */
export function mayBeginHistoryMs(snapshotRetentionDays: number): number {
  return (snapshotRetentionDays - LATE_DAYS) * DAY_MS;
}
