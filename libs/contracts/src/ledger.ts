import type { CreationError } from './creation-error.js';
import type { LedgerCommand, LedgerRecord } from './ledger-records.js';
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

/** What a record changed, for whoever reports on the ledger. Null: the record took no effect. */
export type Transition =
  | { readonly kind: 'accepted' | 'cancelled' | 'end-requested' | 'intended' | 'released' }
  | { readonly kind: 'invalid' | 'forbidden'; readonly error: CreationError }
  | { readonly kind: 'expired'; readonly why: string }
  | {
      readonly kind: 'created';
      readonly attempt: number;
      readonly provenBy: 'response' | 'callback';
      readonly graphCallId: string | null;
      readonly call: Record<string, unknown> | null;
    }
  | { readonly kind: 'rejected' | 'refused'; readonly attempt: number; readonly error: CreationError }
  | { readonly kind: 'not-sent' | 'unknown'; readonly attempt: number; readonly why: string };

export interface Reduced {
  readonly dispatch: Dispatch | undefined;
  readonly transition: Transition | null;
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

/**
 * The ledger's reducer: every record is a proposal, and this says which take effect. Pure and total: it reads no clock
 * and no settings, so every process that folds the ledger comes to the same state (docs/ledger.md has the table).
 * @param dispatch the call's state before the record
 * @param appendedAtMs the record's LogAppendTime, milliseconds since the epoch
 */
export function reduce(dispatch: Dispatch | undefined, record: LedgerRecord, appendedAtMs: number): Reduced {
  const before = dispatch ?? emptyDispatch(record.callId);
  const after = apply(before, record, appendedAtMs);
  return after === null ? { dispatch, transition: null } : after;
}

/** One empty list that all calls share, to save memory. */
export const NONE: readonly never[] = Object.freeze([]);

function emptyDispatch(callId: string): Dispatch {
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

function apply(before: Dispatch, record: LedgerRecord, appendedAtMs: number): Reduced | null {
  switch (record.type) {
    case 'Accepted': {
      if (before.command !== null) return null;
      const accepted: Dispatch = { ...before, command: record.command, requestHash: record.requestHash, phase: 'waiting' };
      return {
        dispatch: isEndRequested(accepted) ? { ...accepted, phase: 'cancelled' } : accepted,
        transition: { kind: 'accepted' },
      };
    }
    case 'Invalid': {
      if (before.command !== null) return null;
      const error = { httpStatus: 400, code: 'BadRequest', message: 'The call is not valid.', details: record.faults };
      return {
        dispatch: { ...before, command: record.command, requestHash: record.requestHash, phase: 'invalid' },
        transition: { kind: 'invalid', error },
      };
    }
    case 'EndRequested':
      return endRequested(before, record.tenantId);
    case 'Intent':
      return intended(before, record, appendedAtMs);
    case 'Created':
    case 'Rejected':
    case 'Refused':
    case 'NotSent':
    case 'Unknown':
      return closed(before, record, appendedAtMs);
    case 'Released': {
      if (before.phase !== 'unknown' || isEndRequested(before) || latestAttempt(before)?.attempt !== record.attempt) return null;
      const command =
        before.command === null ? null : { ...before.command, notAfterMs: record.notAfterMs ?? before.command.notAfterMs };
      return { dispatch: { ...before, command, phase: 'waiting' }, transition: { kind: 'released' } };
    }
    case 'Expired': {
      // One that comes late, or again, says nothing of a release since.
      if (before.phase !== 'waiting' || before.command === null || appendedAtMs <= before.command.notAfterMs) return null;
      const phase = hasUnknown(before.attempts) ? 'unknown' : 'expired';
      return { dispatch: { ...before, phase }, transition: { kind: 'expired', why: record.why } };
    }
    case 'Forbidden': {
      // Once the call was dialled, Graph is who decides.
      if (before.phase !== 'waiting' || before.attempts.length > 0) return null;
      return { dispatch: { ...before, phase: 'rejected' }, transition: { kind: 'forbidden', error: record.error } };
    }
  }
}

function endRequested(before: Dispatch, tenantId: string): Reduced | null {
  if (before.command !== null && before.command.tenantId !== tenantId) return null;
  if (before.endRequestedBy.includes(tenantId)) {
    // The first one has done all that it can to an attempt that is not made yet.
    if (before.command === null) return null;
    return { dispatch: { ...before, endRepeats: before.endRepeats + 1 }, transition: { kind: 'end-requested' } };
  }
  const asked = { ...before, endRequestedBy: [...before.endRequestedBy, tenantId] };
  if (before.phase !== 'waiting') return { dispatch: asked, transition: { kind: 'end-requested' } };
  return {
    dispatch: { ...asked, phase: hasUnknown(before.attempts) ? 'unknown' : 'cancelled' },
    transition: { kind: 'cancelled' },
  };
}

function intended(before: Dispatch, record: Extract<LedgerRecord, { type: 'Intent' }>, appendedAtMs: number): Reduced | null {
  const next = (latestAttempt(before)?.attempt ?? 0) + 1;
  if (before.phase !== 'waiting' || record.attempt !== next || isEndRequested(before)) return null;
  if (before.spentNonces.includes(record.nonce) || before.attempts.some((attempt) => attempt.nonce === record.nonce)) return null;
  const attempt: Attempt = {
    attempt: record.attempt,
    nonce: record.nonce,
    intendedAtMs: appendedAtMs,
    deadlineMs: record.deadlineMs,
    orphanMs: record.orphanMs,
    state: 'open',
    graphCallId: null,
    retryAtMs: null,
    httpStatus: null,
    closedAtMs: null,
  };
  return { dispatch: { ...before, attempts: [...before.attempts, attempt], phase: 'open' }, transition: { kind: 'intended' } };
}

/** Stands for the unknown nonce of an Intent that may have been among lost records. */
const LOST_NONCE = '';

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

function lostAttempt(attempt: number, intendedAtMs: number): Attempt {
  return {
    attempt,
    nonce: LOST_NONCE,
    intendedAtMs,
    deadlineMs: 0,
    orphanMs: 0,
    state: 'open',
    graphCallId: null,
    retryAtMs: null,
    httpStatus: null,
    closedAtMs: null,
  };
}

/** Whether an Intent of the call may have been among records that nobody can read. */
export function mayLackAttempts({ attempts }: Dispatch): boolean {
  return attempts.some(({ nonce }) => nonce === LOST_NONCE);
}

type Outcome = Extract<LedgerRecord, { type: 'Created' | 'Rejected' | 'Refused' | 'NotSent' | 'Unknown' }>;

function closed(before: Dispatch, record: Outcome, appendedAtMs: number): Reduced | null {
  const attempt =
    before.attempts.find((one) => (record.nonce === undefined ? one.attempt === record.attempt : one.nonce === record.nonce)) ??
    // The attempt's Intent was lost, so its nonce cannot be checked: only a Created counts, since it proves a dial.
    before.attempts.find((one) => one.nonce === LOST_NONCE && one.attempt === record.attempt && record.type === 'Created');
  if (attempt === undefined) {
    if (record.type === 'Created' && mayLackAttempts(before)) return createdUnseen(before, record, appendedAtMs);
    if (record.nonce === undefined || before.spentNonces.includes(record.nonce)) return null;
    return { dispatch: { ...before, spentNonces: [...before.spentNonces, record.nonce] }, transition: null };
  }
  if (!mayClose(attempt, record, appendedAtMs)) return null;
  const after = withOutcome(attempt, record, appendedAtMs);
  const attempts = before.attempts.map((one) => (one === attempt ? after : one));
  return {
    dispatch: { ...before, attempts, phase: phaseAfter(before, attempts, after) },
    transition: transitionOf(record, attempt.attempt),
  };
}

/** A dial whose Intent was lost, or lost its effect to the attempt that stands for it: that it was made is a fact all the same. */
function createdUnseen(before: Dispatch, record: Extract<Outcome, { type: 'Created' }>, appendedAtMs: number): Reduced {
  const { attempt, nonce = LOST_NONCE } = record;
  const unseen = { ...lostAttempt(attempt, appendedAtMs), nonce };
  const attempts = [...before.attempts, withOutcome(unseen, record, appendedAtMs)];
  return { dispatch: { ...before, attempts, phase: 'created' }, transition: transitionOf(record, attempt) };
}

function mayClose(attempt: Attempt, record: Outcome, appendedAtMs: number): boolean {
  if (record.type === 'Unknown') {
    if (attempt.state !== 'open') return false;
    return record.nonce !== undefined || appendedAtMs > attempt.intendedAtMs + attempt.orphanMs;
  }
  if (record.nonce === undefined && !(record.type === 'Created' && record.provenBy === 'callback')) return false;
  return attempt.state === 'open' || attempt.state === 'unknown';
}

function withOutcome(before: Attempt, record: Outcome, appendedAtMs: number): Attempt {
  const attempt = { ...before, closedAtMs: appendedAtMs };
  switch (record.type) {
    case 'Created':
      return { ...attempt, state: 'created', graphCallId: record.graphCallId ?? null };
    case 'Rejected':
      return { ...attempt, state: 'rejected', httpStatus: record.error.httpStatus };
    case 'Refused':
      return { ...attempt, state: 'refused', retryAtMs: appendedAtMs + record.retryAfterMs, httpStatus: record.error.httpStatus };
    case 'NotSent':
      return { ...attempt, state: 'not-sent' };
    case 'Unknown':
      return {
        ...attempt,
        state: 'unknown',
        retryAtMs: record.retryAfterMs === undefined ? null : appendedAtMs + record.retryAfterMs,
      };
  }
}

/** A proof outranks all; else the latest attempt decides, but a failure after an unknown attempt leaves the call unknown. */
function phaseAfter(before: Dispatch, attempts: readonly Attempt[], closedOne: Attempt): DispatchPhase {
  if (attempts.some((attempt) => attempt.state === 'created')) return 'created';
  if (attempts.some((attempt) => attempt.state === 'open')) return 'open';
  const latest = attempts.at(-1) ?? closedOne;
  // The outcome of an older attempt counts only when it was the one that kept the call unknown.
  if (closedOne.attempt !== latest.attempt && (before.phase !== 'unknown' || hasUnknown(attempts))) return before.phase;
  switch (latest.state) {
    case 'unknown':
      return 'unknown';
    case 'rejected':
      return hasUnknown(attempts) ? 'unknown' : 'rejected';
    case 'refused':
    case 'not-sent':
      if (!isEndRequested(before)) return 'waiting';
      return hasUnknown(attempts) ? 'unknown' : 'cancelled';
    default:
      return before.phase;
  }
}

function hasUnknown(attempts: readonly Attempt[]): boolean {
  return attempts.some((attempt) => attempt.state === 'unknown');
}

function transitionOf(record: Outcome, attempt: number): Transition {
  switch (record.type) {
    case 'Created':
      return {
        kind: 'created',
        attempt,
        provenBy: record.provenBy,
        graphCallId: record.graphCallId ?? null,
        call: record.call ?? null,
      };
    case 'Rejected':
      return { kind: 'rejected', attempt, error: record.error };
    case 'Refused':
      return { kind: 'refused', attempt, error: record.error };
    case 'NotSent':
      return { kind: 'not-sent', attempt, why: record.why };
    case 'Unknown':
      return { kind: 'unknown', attempt, why: record.why };
  }
}
