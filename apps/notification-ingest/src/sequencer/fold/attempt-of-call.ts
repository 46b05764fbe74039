import type { AttemptInHistory, EndObservation, EventData, FoundCall, OutcomeObservation } from '@callbus/contracts';
import { sameGraphId } from '@callbus/graph';
import { changeCallState, movesOn, TERMINATED } from './call-state.js';
import type { CallReport } from './change.js';
import type { HistoryInProgress } from './history.js';
import { callChanges } from '../read/read-resources.js';
import { cutBy, fittingMembers, SIZE_LIMITS } from './size-limits.js';

/** How an attempt is known to live. */
interface Proof {
  readonly provenBy: EventData['CallCreated']['provenBy'];
  readonly dialledAt?: string | undefined;
  readonly call: Readonly<Record<string, unknown>> | null;
}

/**
 * An attempt turns out to live. The first one proven is the call; any other, or one proven after the history ended in
 * failure, is surplus. @returns false if the attempt is known to be another call of Graph's
 */
export function proveAttempt(history: HistoryInProgress, attempt: number, graphCallId: string | null, proof: Proof): boolean {
  const { call } = history;
  const known = call.attempts.find((one) => one.attempt === attempt);
  if (known?.graphCallId != null && graphCallId !== null && !sameGraphId(known.graphCallId, graphCallId)) return false;
  const proven = { attempt, graphCallId: known?.graphCallId ?? graphCallId, isProven: true };
  history.set({ attempts: [...call.attempts.filter((one) => one.attempt !== attempt), proven] });
  if (call.attempt === attempt) history.set({ graphCallId: proven.graphCallId });
  else if (call.attempt === null && call.phase !== 'failed') createCall(history, proven, proof);
  else addSurplus(history, proven);
  return true;
}

function createCall(history: HistoryInProgress, { attempt, graphCallId }: AttemptInHistory, proof: Proof): void {
  const { provenBy, dialledAt } = proof;
  const { kept: call, truncated } =
    proof.call === null ? { kept: null, truncated: 0 } : fittingMembers(proof.call, SIZE_LIMITS.call);
  history.set({ attempt, graphCallId, phase: 'created', call, isParked: false });
  const dialled = dialledAt === undefined ? {} : { dialledAt };
  history.emit('CallCreated', { attempt, ...dialled, provenBy, call, ...cutBy(truncated) });
}

function addSurplus(history: HistoryInProgress, { attempt, graphCallId }: AttemptInHistory): void {
  const { surplus } = history.call;
  if (surplus.some((one) => one.attempt === attempt)) return;
  if (graphCallId === null) {
    history.leave(`attempt ${attempt} is a call too, beside the one that counts, and nothing that proves it names it`);
    return;
  }
  history.set({ surplus: [...surplus, { attempt, graphCallId }] });
  history.emit('DuplicateCallDetected', { attempt, graphCallId });
}

/** Outcomes rank, whatever the order they come in: created of any attempt first, else the higher attempt, parked over unknown. */
export function foldOutcome(history: HistoryInProgress, outcome: OutcomeObservation): void {
  const { attempt = 1, graphCallId = null, call = null, dialledAt, provenBy = 'response', why = '' } = outcome;
  switch (outcome.outcome) {
    case 'created': {
      const isCreatedBefore = history.call.attempt === attempt;
      if (!proveAttempt(history, attempt, graphCallId, { provenBy, dialledAt, call }))
        history.leave('the answer names another call than the callbacks of the same attempt');
      else if (isCreatedBefore && call !== null) addAnswer(history, call);
      return;
    }
    case 'failed': {
      if (history.call.attempt !== null || history.call.phase === 'failed') return;
      const failure = { reason: outcome.reason ?? 'rejected', error: outcome.error ?? null };
      history.set({ phase: 'failed', failure, isParked: false });
      history.emit('CallCreationFailed', failure);
      return;
    }
    case 'unknown':
      foldUnknown(history, attempt, why, false);
  }
}

/** Graph's answer is older than what callbacks have said since. */
function addAnswer(history: HistoryInProgress, answer: Readonly<Record<string, unknown>>): void {
  const { kept } = fittingMembers({ ...history.call.call, ...answer, ...history.call.call }, SIZE_LIMITS.call);
  history.set({ call: kept });
}

/** Nobody knows whether this attempt dialled; `parked`: and the time to find out is over. */
export function foldUnknown(history: HistoryInProgress, attempt: number, why: string, parked: boolean): void {
  const { attempt: created, unknownAttempt, isParked, phase } = history.call;
  if (created !== null || phase === 'failed') return;
  const rank = (number: number, isDecided: boolean): number => 2 * number + (isDecided ? 1 : 0);
  if (unknownAttempt !== null && rank(attempt, parked) <= rank(unknownAttempt, isParked)) return;
  history.set({ phase: 'unknown', unknownAttempt: attempt, isParked: parked });
  history.emit('CallOutcomeUnknown', { attempt, why, parked });
}

/** Graph does not know the call any more, and said nothing of its end, or what it said was lost. */
export function foldGone(history: HistoryInProgress, attempt: number, graphCallId: string): void {
  if (!isOfAttempt(history, attempt, graphCallId)) return;
  if (!isTheCall(history, attempt, graphCallId)) endSurplus(history, graphCallId, 'gone');
  else changeCallState(history, TERMINATION, 'reconciler');
}

/** The call is where Graph was found to have it, unless callbacks have told that or more. */
export function foldFound(history: HistoryInProgress, attempt: number, graphCallId: string, found: FoundCall): void {
  if (!isOfAttempt(history, attempt, graphCallId) || !isTheCall(history, attempt, graphCallId)) return;
  for (const change of callChanges({ graphCallId, place: [], changeType: null, data: found })) {
    if (change.kind === 'call' && movesOn(history, change.report)) changeCallState(history, change.report, 'reconciler');
  }
}

/** What the dispatcher says of Graph's call it knows from Graph's answer, whose report may be on its way yet. */
const ANSWERED: Proof = { provenBy: 'response', call: null };
const TERMINATION: CallReport = { state: TERMINATED, mediaState: null, resultInfo: null, terminationReason: null, others: {} };

/** What came of hanging up. */
export function foldEnd(history: HistoryInProgress, { attempt, graphCallId, result, error, request }: EndObservation): void {
  if (result === 'gone') {
    foldGone(history, attempt, graphCallId);
    return;
  }
  if (!isOfAttempt(history, attempt, graphCallId)) return;
  const isMain = isTheCall(history, attempt, graphCallId);
  if (result === 'refused') {
    if (isMain) history.set({ isEndRefused: true, ...(request !== undefined && { endRefusedRequest: request }) });
    history.emit('CallEndFailed', { attempt, error: error ?? null });
  }
  if (!isMain) endSurplus(history, graphCallId, result, request);
}

/** What the dispatcher learned of a call of Graph's is put aside when the attempt is another one. */
function isOfAttempt(history: HistoryInProgress, attempt: number, graphCallId: string): boolean {
  const isIt = proveAttempt(history, attempt, graphCallId, ANSWERED);
  if (!isIt) history.leave(`what is told of ${graphCallId} is of another call than attempt ${attempt}`);
  return isIt;
}

function isTheCall({ call }: HistoryInProgress, attempt: number, graphCallId: string): boolean {
  return call.attempt === attempt && (call.graphCallId === null || sameGraphId(call.graphCallId, graphCallId));
}

/** Records the end of a surplus call. @param refusedRequest number of the end request that Graph refused, if it did */
export function endSurplus(
  history: HistoryInProgress,
  graphCallId: string,
  end: EndObservation['result'],
  refusedRequest?: number,
): void {
  const { surplus } = history.call;
  const news = { end, ...(end === 'refused' && refusedRequest !== undefined && { refusedRequest }) };
  history.set({ surplus: surplus.map((one) => (sameGraphId(one.graphCallId, graphCallId) ? { ...one, ...news } : one)) });
}
