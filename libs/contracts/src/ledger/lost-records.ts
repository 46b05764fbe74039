import { isEndRequested, latestAttempt, openAttempt, type Attempt, type Dispatch, type DispatchPhase } from './dispatch.js';

/** Stands for the unknown nonce of an Intent that may have been among lost records. */
export const LOST_NONCE = '';

/** Phases in which the next record may permit an attempt, unless the end was requested. */
const MAY_GO_ON: ReadonlySet<DispatchPhase> = new Set(['waiting', 'open', 'unknown']);

/**
 * The call after records of the ledger that nobody can read. One of them may have been an Intent whose POST dialled, even if an
 * attempt was open or the call was parked before. So the call gets one more open attempt. Nobody may POST for it, and it counts
 * as left behind by its process.
 * @param lostAtMs LogAppendTime of the last lost record, milliseconds since the epoch
 */
export function afterLostRecords(before: Dispatch, lostAtMs: number): Dispatch {
  if (!MAY_GO_ON.has(before.phase) || before.command === null || isEndRequested(before)) return before;
  const latest = latestAttempt(before);
  // The new attempt is orphaned no earlier than an attempt that is still open: until then nobody can release the call.
  const orphanMs = latest?.state === 'open' ? latest.orphanMs : 0;
  const attempt = { ...lostAttempt((latest?.attempt ?? 0) + 1, lostAtMs), orphanMs };
  return { ...before, attempts: [...before.attempts, attempt], phase: 'open' };
}

/** An open attempt in the place of one whose Intent may be lost: nobody may POST for it. */
export function lostAttempt(attempt: number, intendedAtMs: number): Attempt {
  return openAttempt({ attempt, nonce: LOST_NONCE, deadlineMs: 0, orphanMs: 0 }, intendedAtMs);
}

/** Whether an Intent of the call may have been among records that nobody can read. */
export function mayLackAttempts({ attempts }: Dispatch): boolean {
  return attempts.some(({ nonce }) => nonce === LOST_NONCE);
}
