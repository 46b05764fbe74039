import {
  endRequestsOf,
  isEndRequested,
  isForgotten,
  latestAttempt,
  refusedEndOf,
  type FoldedCall,
  type FailureReason,
} from '@callbus/contracts';
import type { CallFacts } from './call-facts.js';

/** Where a call is, as far as it matters to whoever looks after it. */
export type Situation =
  | { readonly kind: 'unheard-of' }
  /** Only its end was asked for. */
  | { readonly kind: 'announced' }
  /** For its next attempt. */
  | { readonly kind: 'waiting'; readonly notAfterMs: number }
  | { readonly kind: 'dialling'; readonly attempt: number; readonly orphanAtMs: number }
  /** Nobody knows whether it dialled; Graph may still call back. */
  | { readonly kind: 'unknown'; readonly attempt: number }
  /** The grace period for that is over. `isReleasable`: its end was not asked for. */
  | { readonly kind: 'parked'; readonly attempt: number; readonly tenantId: string; readonly isReleasable: boolean }
  /** Its outcome stayed unknown until the ledger forgot the call, so nobody can release it. */
  | { readonly kind: 'forgotten'; readonly attempt: number }
  | { readonly kind: 'live'; readonly attempt: number; readonly state: string | null; readonly isEndRefused: boolean }
  | { readonly kind: 'ended' }
  | { readonly kind: 'failed'; readonly reason: FailureReason };

export function situationOf({
  dispatch,
  isInLedger,
  snapshot,
  readAtMs,
}: Pick<CallFacts, 'dispatch' | 'isInLedger' | 'snapshot' | 'readAtMs'>): Situation {
  if (dispatch === undefined) return snapshot === undefined ? { kind: 'unheard-of' } : inHistory(snapshot.call);
  const { command, phase } = dispatch;
  const latest = latestAttempt(dispatch);
  switch (phase) {
    case 'announced':
      return { kind: 'announced' };
    case 'waiting':
      return { kind: 'waiting', notAfterMs: command?.notAfterMs ?? 0 };
    case 'open':
      return {
        kind: 'dialling',
        attempt: latest?.attempt ?? 1,
        orphanAtMs: (latest?.intendedAtMs ?? 0) + (latest?.orphanMs ?? 0),
      };
    case 'unknown': {
      const attempt = latest?.attempt ?? 1;
      if (!isInLedger) return { kind: 'forgotten', attempt };
      if (snapshot?.call.isParked !== true || snapshot.call.unknownAttempt !== attempt) return { kind: 'unknown', attempt };
      return { kind: 'parked', attempt, tenantId: command?.tenantId ?? '', isReleasable: !isEndRequested(dispatch) };
    }
    case 'created': {
      if (snapshot === undefined ? isForgotten(dispatch, readAtMs) : snapshot.call.phase === 'ended') return { kind: 'ended' };
      const attempt = dispatch.attempts.find(({ state }) => state === 'created')?.attempt ?? 1;
      const refusedEnd = snapshot === undefined ? null : refusedEndOf(snapshot.call);
      // After a repeated request, Graph's answer is still to come.
      const isEndRefused = refusedEnd !== null && refusedEnd >= endRequestsOf(dispatch);
      return { kind: 'live', attempt, state: snapshot?.call.state ?? null, isEndRefused };
    }
    default:
      return { kind: 'failed', reason: phase };
  }
}

/** When the ledger does not reach back to the call any more. */
function inHistory(call: FoldedCall): Situation {
  if (call.phase === 'ended') return { kind: 'ended' };
  if (call.failure !== null) return { kind: 'failed', reason: call.failure.reason };
  if (call.attempt === null) {
    return call.unknownAttempt === null ? { kind: 'unheard-of' } : { kind: 'forgotten', attempt: call.unknownAttempt };
  }
  return { kind: 'live', attempt: call.attempt, state: call.state, isEndRefused: call.isEndRefused };
}
