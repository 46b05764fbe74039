import type { CreationError } from '../observations/creation-error.js';
import {
  emptyDispatch,
  isEndRequested,
  latestAttempt,
  openAttempt,
  type Attempt,
  type Dispatch,
  type DispatchPhase,
} from './dispatch.js';
import type { LedgerRecord } from './ledger-records.js';
import { LOST_NONCE, lostAttempt, mayLackAttempts } from './lost-records.js';

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
  const attempt = openAttempt(record, appendedAtMs);
  return { dispatch: { ...before, attempts: [...before.attempts, attempt], phase: 'open' }, transition: { kind: 'intended' } };
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
