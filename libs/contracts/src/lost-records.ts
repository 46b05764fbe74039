import { isEndRequested, latestAttempt, openAttempt, type Attempt, type Dispatch, type DispatchPhase } from './dispatch.js';

/** Stands for the unknown nonce of an Intent that may have been among lost records. */
export const LOST_NONCE = '';

/** Phases after which the next record may permit an attempt, if the end was not asked for. */
const MAY_GO_ON: ReadonlySet<DispatchPhase> = new Set(['waiting', 'open', 'unknown']);

/**
 * The call after records of the ledger that nobody can read. An Intent may have been among them, and its POST may have dialled,
 * also behind the outcome of an attempt that was open, or behind a release. So the call has an attempt more from then on, which
 * nobody may POST for and which its process left behind.
 * @param lostAtMs LogAppendTime of the last of them, milliseconds since the epoch
 */
export function afterLostRecords(before: Dispatch, lostAtMs: number): Dispatch {
  if (!MAY_GO_ON.has(before.phase) || before.command === null || isEndRequested(before)) return before;
  const latest = latestAttempt(before);
  // Not orphaned before the attempt that is open: nobody releases the call meanwhile.
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
