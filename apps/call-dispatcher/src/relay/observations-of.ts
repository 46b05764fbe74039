import {
  latestAttempt,
  type AcceptedObservation,
  type Dispatch,
  type FailureReason,
  type LedgerCommand,
  type Observation,
  type OutcomeObservation,
  type Transition,
} from '@callbus/contracts';
import { callKindOf, mediaHostingOf } from '@callbus/graph';

/**
 * What a transition of the ledger has to tell the call's history. The ids follow from the record's offset, so that a
 * report which is sent twice is seen as one.
 * @param before the call before the record, `after` with it
 */
export function observationsOf(
  before: Dispatch | undefined,
  after: Dispatch,
  transition: Transition,
  { offset, appendedAtMs }: { readonly offset: bigint; readonly appendedAtMs: number },
): readonly Observation[] {
  const { callId, command } = after;
  if (command === null) return [];
  const common = (name: string): Common => ({
    id: `ledger-${String(offset)}-${name}`,
    callId,
    tenantId: command.tenantId,
    appId: command.appId,
    receivedAt: new Date(appendedAtMs).toISOString(),
  });
  const observations: Observation[] = [];
  if (transition.kind === 'accepted' && command.call !== null)
    observations.push(accepted(common('accepted'), command, after.requestHash ?? ''));
  const outcome = outcomeOf(before, after, transition);
  if (outcome !== null) observations.push({ kind: 'outcome', ...common(outcome.outcome), ...outcome });
  return observations;
}

type Common = Pick<Observation, 'id' | 'callId' | 'tenantId' | 'appId' | 'receivedAt'>;
type Outcome = Omit<OutcomeObservation, keyof Common | 'kind'>;

function accepted(common: Common, command: LedgerCommand, requestHash: string): AcceptedObservation {
  const { callOptions } = command.call as { readonly callOptions?: { readonly isDeltaRosterEnabled?: unknown } | null };
  return {
    kind: 'accepted',
    ...common,
    requestHash,
    callKind: callKindOf(command.call),
    media: mediaHostingOf(command.call),
    notAfter: new Date(command.notAfterMs).toISOString(),
    ifUnknown: command.ifUnknown,
    ...(callOptions?.isDeltaRosterEnabled === true && { isDeltaRosterEnabled: true }),
  };
}

function outcomeOf(before: Dispatch | undefined, after: Dispatch, transition: Transition): Outcome | null {
  if (transition.kind === 'created') {
    const { attempt, provenBy, graphCallId, call } = transition;
    const intendedAtMs = after.attempts.find((one) => one.attempt === attempt)?.intendedAtMs;
    const dialledAt = intendedAtMs === undefined ? {} : { dialledAt: new Date(intendedAtMs).toISOString() };
    return { outcome: 'created', attempt, provenBy, graphCallId, call, ...dialledAt };
  }
  if (after.phase === before?.phase) return null;
  switch (after.phase) {
    case 'cancelled':
      return failed('cancelled');
    case 'expired':
      return failed('expired', expiry(transition));
    case 'rejected':
    case 'invalid':
      return failed(after.phase, 'error' in transition ? transition.error : undefined);
    case 'unknown':
      return { outcome: 'unknown', attempt: latestAttempt(after)?.attempt ?? 1, why: whyUnknown(transition) };
    default:
      return null;
  }
}

/** A call is unknown by its latest attempt, or it falls back to that when a later attempt came to nothing. */
function whyUnknown(transition: Transition): string {
  const before = 'an earlier attempt may have dialled';
  switch (transition.kind) {
    case 'unknown':
      return transition.why;
    case 'rejected':
    case 'refused':
      return `Graph refused attempt ${String(transition.attempt)} (${transition.error.code}), and ${before}`;
    case 'not-sent':
      return `attempt ${String(transition.attempt)} was not sent (${transition.why}), and ${before}`;
    case 'expired':
      return `${transition.why}, and ${before}`;
    default:
      return `the call was ended while it waited for its next attempt, and ${before}`;
  }
}

function failed(reason: FailureReason, error?: OutcomeObservation['error']): Outcome {
  return { outcome: 'failed', reason, ...(error === undefined ? {} : { error }) };
}

function expiry(transition: Transition): OutcomeObservation['error'] {
  return { httpStatus: null, code: 'Expired', message: transition.kind === 'expired' ? transition.why : '' };
}
