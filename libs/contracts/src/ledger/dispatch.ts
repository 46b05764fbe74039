import type { LedgerCommand } from './ledger-records.js';
import { TOPICS, type TopicSpec } from '../topics/topics.js';

export type AttemptState = 'open' | 'created' | 'rejected' | 'refused' | 'not-sent' | 'unknown';

/** One permission to POST, and its outcome. */
export interface Attempt {
  readonly attempt: number;
  readonly nonce: string;
  /** LogAppendTime of the Intent, milliseconds since the epoch. */
  readonly intendedAtMs: number;
  readonly deadlineMs: number;
  readonly orphanMs: number;
  readonly state: AttemptState;
  readonly graphCallId: string | null;
  /** The time until which Graph asked to wait, milliseconds since the epoch; null when it did not ask. */
  readonly retryAtMs: number | null;
  readonly httpStatus: number | null;
  /** LogAppendTime of the record with the attempt's outcome, milliseconds since the epoch; null while open. */
  readonly closedAtMs: number | null;
}

/**
 * Where a call is. `announced`: only an EndCall has been seen. `waiting`: for its next attempt. The phases `created`, `rejected`,
 * `invalid`, `cancelled` and `expired` are final.
 */
export type DispatchPhase =
  'announced' | 'waiting' | 'open' | 'unknown' | 'created' | 'rejected' | 'invalid' | 'cancelled' | 'expired';

/** The command as a fold keeps it: `call` is null once no record can permit another attempt (ledger-keeping.ts). */
export type KeptCommand = LedgerCommand | (Omit<LedgerCommand, 'call'> & { readonly call: null });

/** The state of one call, as its records in the ledger add up to it (`reduce`). */
export interface Dispatch {
  readonly callId: string;
  readonly phase: DispatchPhase;
  readonly command: KeptCommand | null;
  readonly requestHash: string | null;
  readonly attempts: readonly Attempt[];
  /** Tenants that asked for the end; only the call's own counts. The inbox limits their number (UNKNOWN_ENDS_MAX_PER_CALL). */
  readonly endRequestedBy: readonly string[];
  /** How often the call's own tenant asked again. */
  readonly endRepeats: number;
  /**
   * Nonces whose outcome came before their Intent: that Intent never takes effect. There is one for each Intent that Kafka failed
   * to acknowledge, so there are few.
   */
  readonly spentNonces: readonly string[];
}

const FINAL_PHASES: ReadonlySet<DispatchPhase> = new Set(['created', 'rejected', 'invalid', 'cancelled', 'expired']);

/** True in a final phase: only the outcome of an attempt that is still open can change the call then. */
export function isSettled(dispatch: Dispatch): boolean {
  return FINAL_PHASES.has(dispatch.phase);
}

/** Whether the call's own tenant asked for its end. */
export function isEndRequested(dispatch: Dispatch): boolean {
  return dispatch.command !== null && dispatch.endRequestedBy.includes(dispatch.command.tenantId);
}

/**
 * How often the call's own tenant asked for its end. For each request the driver asks Graph to hang up every call that still
 * lives for it.
 */
export function endRequestsOf(dispatch: Dispatch): number {
  return isEndRequested(dispatch) ? 1 + dispatch.endRepeats : 0;
}

export function latestAttempt(dispatch: Dispatch): Attempt | undefined {
  return dispatch.attempts.at(-1);
}

/**
 * Whether a call that has no snapshot is over and had one that was deleted: the ledger can keep a call for longer than its
 * snapshot. A new call has no snapshot either, but for no longer than observations are kept. The snapshot of a call whose outcome
 * stayed unknown is kept for longer than the call's records in the ledger (UNFINISHED_HISTORY_MS).
 * @param nowMs by any clock: the periods are days long
 */
export function isForgotten(dispatch: Dispatch, nowMs: number): boolean {
  const created = dispatch.attempts.find(({ state }) => state === 'created');
  if (created === undefined)
    return dispatch.phase === 'unknown' && isClosedSince(latestAttempt(dispatch), TOPICS.dispatchLedger, nowMs);
  return isClosedSince(created, TOPICS.observations, nowMs);
}

/** Whether the attempt was closed longer ago than the topic keeps records. */
function isClosedSince(attempt: Attempt | undefined, { config }: TopicSpec, nowMs: number): boolean {
  return attempt?.closedAtMs != null && nowMs - attempt.closedAtMs > Number(config['retention.ms']);
}

/** One empty list that all calls share, to save memory. */
export const NONE: readonly never[] = Object.freeze([]);

/** A call before its first record. */
export function emptyDispatch(callId: string): Dispatch {
  return {
    callId,
    phase: 'announced',
    command: null,
    requestHash: null,
    attempts: NONE,
    endRequestedBy: NONE,
    endRepeats: 0,
    spentNonces: NONE,
  };
}

/** An open attempt. @param intendedAtMs when its Intent took effect, ms since 1970 */
export function openAttempt(
  intent: Pick<Attempt, 'attempt' | 'nonce' | 'deadlineMs' | 'orphanMs'>,
  intendedAtMs: number,
): Attempt {
  const { attempt, nonce, deadlineMs, orphanMs } = intent;
  return {
    attempt,
    nonce,
    intendedAtMs,
    deadlineMs,
    orphanMs,
    state: 'open',
    graphCallId: null,
    retryAtMs: null,
    httpStatus: null,
    closedAtMs: null,
  };
}
