import type { LedgerCommand } from './ledger-records.js';
import { TOPICS, type TopicSpec } from './topics.js';

export type AttemptState = 'open' | 'created' | 'rejected' | 'refused' | 'not-sent' | 'unknown';

/** One permission to POST, and what became of it. */
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
  /** LogAppendTime of the record that said what became of it, milliseconds since the epoch; null while open. */
  readonly closedAtMs: number | null;
}

/**
 * Where a call is. `announced`: only an EndCall has been seen. `waiting`: for its next attempt. Failed, cancelled,
 * expired and created absorb.
 */
export type DispatchPhase =
  'announced' | 'waiting' | 'open' | 'unknown' | 'created' | 'rejected' | 'invalid' | 'cancelled' | 'expired';

/** The command as a fold keeps it: `call` is null once no record can permit another attempt (ledger-keeping.ts). */
export type KeptCommand = LedgerCommand | (Omit<LedgerCommand, 'call'> & { readonly call: null });

/** What the ledger knows of one call. */
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
   * Nonces whose outcome came before their Intent: that Intent never takes effect. There are as many as Kafka failed to acknowledge
   * Intents of the call, so few.
   */
  readonly spentNonces: readonly string[];
}

const FINAL_PHASES: ReadonlySet<DispatchPhase> = new Set(['created', 'rejected', 'invalid', 'cancelled', 'expired']);

/** Whether nothing but the closing of an attempt that is still open can change the call any more. */
export function isSettled(dispatch: Dispatch): boolean {
  return FINAL_PHASES.has(dispatch.phase);
}

/** Whether the call's own tenant asked for its end. */
export function isEndRequested(dispatch: Dispatch): boolean {
  return dispatch.command !== null && dispatch.endRequestedBy.includes(dispatch.command.tenantId);
}

/** Number of the call's own tenant's end requests. For each one the driver asks Graph to hang up whatever still lives of the call. */
export function endRequestsOf(dispatch: Dispatch): number {
  return isEndRequested(dispatch) ? 1 + dispatch.endRepeats : 0;
}

export function latestAttempt(dispatch: Dispatch): Attempt | undefined {
  return dispatch.attempts.at(-1);
}

/**
 * Whether a call without a snapshot is over and its snapshot was deleted: the ledger can keep a call for longer. A new call has no
 * snapshot either, for no longer than its observations are kept; the snapshot of one whose outcome stayed unknown is kept longer
 * than the ledger's records (UNFINISHED_HISTORY_MS).
 * @param nowMs any clock's: it is a matter of days
 */
export function isForgotten(dispatch: Dispatch, nowMs: number): boolean {
  const created = dispatch.attempts.find(({ state }) => state === 'created');
  if (created === undefined)
    return dispatch.phase === 'unknown' && isClosedSince(latestAttempt(dispatch), TOPICS.dispatchLedger, nowMs);
  return isClosedSince(created, TOPICS.observations, nowMs);
}

/** Whether the attempt was closed before the oldest record that the topic has to keep. */
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

/** An attempt whose Intent took effect at this time, ms since 1970. */
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
