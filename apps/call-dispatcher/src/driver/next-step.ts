import {
  endRequestsOf,
  isEndRequested,
  latestAttempt,
  mayLackAttempts,
  type Attempt,
  type Dispatch,
  type LedgerRecord,
} from '@callbus/contracts';
import { sameGraphId } from '@callbus/graph';

/** What the driver has to know of a call's history. */
export interface CallHistory {
  readonly hasEnded: boolean;
  /** Whether the history says that there will be no call. */
  readonly hasFailed: boolean;
  /** Whether the last that Graph told of the call is that it is being established, if it told anything. */
  readonly isEstablishing: boolean;
  /** Number of the last end request that Graph permanently refused; null when it refused none. */
  readonly refusedEnd: number | null;
  /** Attempts that a callback or an answer has proven, with Graph's id of the call where it is known. */
  readonly proven: readonly LiveCall[];
  /** The attempt whose callbacks, as far as any were stored within the grace period, are all folded and prove nothing. */
  readonly parkedAttempt: number | null;
  /** Surplus calls that, as far as is known, still live. */
  readonly surplus: readonly SurplusCallOfGraph[];
  /** The last unreadable callback that no look-up at Graph has answered yet. */
  readonly unreadCallbackId: string | null;
}

interface LiveCall {
  readonly attempt: number;
  readonly graphCallId: string | null;
}

export interface CallOfGraph extends LiveCall {
  readonly graphCallId: string;
}

export interface SurplusCallOfGraph extends CallOfGraph {
  /** Like `refusedEnd` of the call itself; 0 when Graph refused the hang-up of a surplus call that nobody had asked for. */
  readonly refusedEnd: number | null;
}

/** What this process did about one of Graph's calls; forgotten at its end, and then done again, which is harmless. */
export interface FollowUp {
  /** When Graph is next to be told that the call goes on, broker time. */
  readonly keepAliveAtMs: number;
  /** Number of the last end request, as `endRequestsOf` counts, for which this process sent a hang-up; -1 before the first. */
  readonly hungUpFor: number;
  /** When Graph is to be asked for the call, if it is still being established then or Graph once said that it is gone; broker time. */
  readonly lookUpAtMs: number;
  /** Graph said so once; only when it says so again the call counts as ended. */
  readonly isSaidGone: boolean;
  /** This process told the history that Graph no longer knows the call. Graph is asked again only for another end request. */
  readonly isToldGone: boolean;
  /** Broker time of the last look-up that Graph answered. */
  readonly lookedUpAtMs: number;
  /** The unreadable callback that caused that look-up; null when none did. */
  readonly answeredCallbackId: string | null;
  /** Before which Graph is not to be asked anything about it, broker time: it could not answer, or said so. */
  readonly notBeforeMs: number;
}

export interface NextStepRules {
  readonly unknownGraceMs: number;
  readonly keepAliveIntervalMs: number;
  /** How long a call may be established for before Graph is asked for it, and asked again. */
  readonly establishingMaxMs: number;
  /** Shortest time between two look-ups of a call because of unreadable callbacks. */
  readonly unreadLookUpMs: number;
  /** Attempts with an unknown outcome up to which `ifUnknown: redial` allows another. */
  readonly maxUnknownAttempts: number;
}

export interface NextStepFacts {
  readonly history: CallHistory | undefined;
  /** The call has a history that is unreadable, so its proofs are unknown. */
  readonly isHistoryLost?: boolean;
  /** The broker's time, ms since 1970. */
  readonly nowMs: number;
  /** By Graph's id of the call. */
  readonly followUps: ReadonlyMap<string, FollowUp>;
  /** Before which Graph is asked nothing about live calls of this app and tenant but to hang up, broker time: it said so. */
  readonly followUpsFromMs?: number;
  /** What keeps the call from its next attempt: a limit that is reached, or Graph being away. */
  readonly heldBack?: string | undefined;
}

export interface HangUp extends CallOfGraph {
  readonly isSurplus: boolean;
  /** Number of the end request that this hang-up serves; 0 for a surplus call, which is hung up unasked. */
  readonly request: number;
}

export type Step =
  /** Nothing to do until something changes, or until this broker time (ms since 1970). */
  | { readonly kind: 'wait'; readonly untilMs: number }
  | { readonly kind: 'append'; readonly record: LedgerRecord }
  /** Dial; `tokenRefusedAtMs`: when Graph refused the last attempt's token, ms since 1970; null when it did not. */
  | { readonly kind: 'attempt'; readonly attempt: number; readonly tokenRefusedAtMs: number | null }
  /** Tell the history that Graph had its time to call back. */
  | { readonly kind: 'grace-over'; readonly attempt: number; readonly why: string }
  | ({ readonly kind: 'hang-up' } & HangUp)
  | ({ readonly kind: 'keep-alive' } & CallOfGraph)
  /** Look the call up at Graph; `answers` names the unreadable callback that this look-up answers in the history. */
  | ({ readonly kind: 'look-up'; readonly answers: string | null } & CallOfGraph);

const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 15_000;
const NEVER: Step = { kind: 'wait', untilMs: Infinity };
/** Of a call that nothing was done about yet. */
export const NO_FOLLOW_UP: FollowUp = {
  keepAliveAtMs: Infinity,
  hungUpFor: -1,
  lookUpAtMs: Infinity,
  isSaidGone: false,
  isToldGone: false,
  lookedUpAtMs: -Infinity,
  answeredCallbackId: null,
  notBeforeMs: -Infinity,
};

/**
 * What is to be done for a call by the process that looks after it. Pure: the ledger, the history and the time decide,
 * so all that waits goes on after a crash.
 */
export function nextStep(dispatch: Dispatch, facts: NextStepFacts, rules: NextStepRules): Step {
  const { history, nowMs } = facts;
  const proof = proofOf(dispatch, history);
  if (proof !== null) return { kind: 'append', record: proof };
  const open = dispatch.attempts.find(({ state }) => state === 'open');
  const orphanAtMs = open === undefined ? Infinity : open.intendedAtMs + open.orphanMs;
  if (open !== undefined && nowMs > orphanAtMs) return { kind: 'append', record: orphaned(dispatch, open) };
  const followUp = earliest(
    [...(history?.surplus ?? [])].map((call) => endOf(dispatch, call, true, facts)),
    stepOfCreated(dispatch, facts, rules),
    open === undefined ? NEVER : { kind: 'wait', untilMs: orphanAtMs + 1 },
  );
  if (followUp.kind !== 'wait') return followUp;
  if (dispatch.phase === 'waiting') return earliest([followUp], stepOfWaiting(dispatch, facts));
  if (dispatch.phase === 'unknown') return earliest([followUp], stepOfUnknown(dispatch, facts, rules));
  return followUp;
}

/** What can be done now comes before what has to wait; of what waits, the soonest. */
function earliest(steps: readonly Step[], ...more: readonly Step[]): Step {
  return [...steps, ...more].reduce((first, step) => {
    if (first.kind !== 'wait') return first;
    return step.kind !== 'wait' || step.untilMs < first.untilMs ? step : first;
  }, NEVER);
}

/** A callback on an attempt's own address is the proof that it dialled. */
function proofOf(dispatch: Dispatch, history: CallHistory | undefined): LedgerRecord | null {
  for (const { attempt, state } of dispatch.attempts) {
    if (state !== 'open' && state !== 'unknown') continue;
    const proven = history?.proven.find((one) => one.attempt === attempt);
    if (proven === undefined) continue;
    // An unreadable callback does not name Graph's call. While the POST is open, its answer may still name it.
    if (proven.graphCallId === null && state === 'open') continue;
    return { type: 'Created', callId: dispatch.callId, attempt, provenBy: 'callback', graphCallId: proven.graphCallId };
  }
  return dispatch.phase === 'created' || !mayLackAttempts(dispatch) ? null : proofOfUnseen(dispatch, history);
}

/** The history may know an attempt whose Intent was among records of the ledger that nobody can read. */
function proofOfUnseen({ callId, attempts }: Dispatch, history: CallHistory | undefined): LedgerRecord | null {
  const unseen = history?.proven.find((proven) => attempts.every(({ attempt }) => attempt !== proven.attempt));
  return unseen === undefined ? null : { type: 'Created', callId, ...unseen, provenBy: 'callback' };
}

function orphaned({ callId }: Dispatch, { attempt }: Attempt): LedgerRecord {
  return { type: 'Unknown', callId, attempt, why: 'the process that dialled wrote no outcome' };
}

function stepOfWaiting(dispatch: Dispatch, { nowMs, heldBack }: NextStepFacts): Step {
  const { callId, command } = dispatch;
  if (command === null) return NEVER;
  const { notAfterMs } = command;
  const last = latestAttempt(dispatch);
  const earliestMs = earliestNextMs(dispatch);
  if (nowMs > notAfterMs) return { kind: 'append', record: { type: 'Expired', callId, why: whyExpired(last, heldBack) } };
  if (earliestMs > notAfterMs) return { kind: 'wait', untilMs: notAfterMs + 1 };
  if (nowMs < earliestMs) return { kind: 'wait', untilMs: earliestMs };
  return {
    kind: 'attempt',
    attempt: (last?.attempt ?? 0) + 1,
    tokenRefusedAtMs: last?.httpStatus === 401 ? last.closedAtMs : null,
  };
}

/** After a refusal when Graph says; after attempts that did not reach Graph at growing distances. */
function earliestNextMs({ attempts }: Dispatch): number {
  const last = attempts.at(-1);
  if (last?.state === 'refused') return last.retryAtMs ?? 0;
  if (last?.state !== 'not-sent') return 0;
  const inVain = attempts.length - 1 - attempts.findLastIndex(({ state }) => state !== 'not-sent');
  return last.intendedAtMs + Math.min(FIRST_BACKOFF_MS * 2 ** (inVain - 1), LONGEST_BACKOFF_MS);
}

function whyExpired(last: Attempt | undefined, heldBack: string | undefined): string {
  if (heldBack !== undefined) return `notAfter passed while it was held back: ${heldBack}`;
  if (last === undefined) return 'notAfter passed before the call could be dialled';
  if (last.state !== 'refused') return `notAfter passed, and attempt ${String(last.attempt)} had not reached Graph`;
  return `notAfter passed while waiting, since Graph refused attempt ${String(last.attempt)} for now (HTTP ${String(last.httpStatus)})`;
}

/**
 * Nobody knows whether it dialled. It is dialled again only when it is parked, so that every callback that was stored
 * within the grace period has counted, and only if an operator or the command allows it.
 */
function stepOfUnknown(dispatch: Dispatch, facts: NextStepFacts, rules: NextStepRules): Step {
  const { history, isHistoryLost, nowMs } = facts;
  const { callId, command } = dispatch;
  const last = latestAttempt(dispatch);
  if (last === undefined || command === null || isHistoryLost === true) return NEVER;
  // Its history knows better than the ledger, which may lack records: it parks no call that was dialled.
  if (history !== undefined && (history.hasEnded || history.proven.length > 0)) return NEVER;
  if (history?.parkedAttempt !== last.attempt) {
    const overAtMs = (last.closedAtMs ?? last.intendedAtMs) + rules.unknownGraceMs;
    if (nowMs <= overAtMs) return { kind: 'wait', untilMs: overAtMs + 1 };
    const why = `no callback has proven it within ${String(rules.unknownGraceMs)} ms`;
    return { kind: 'grace-over', attempt: last.attempt, why };
  }
  const unknown = dispatch.attempts.filter(({ state }) => state === 'unknown').length;
  const mayRedial = command.ifUnknown === 'redial' && unknown <= rules.maxUnknownAttempts && nowMs <= command.notAfterMs;
  if (!mayRedial || isEndRequested(dispatch)) return NEVER;
  return { kind: 'append', record: { type: 'Released', callId, attempt: last.attempt, by: 'policy' } };
}

/** Hangs up a call of which the end is wanted, and keeps another one alive. */
function stepOfCreated(dispatch: Dispatch, facts: NextStepFacts, rules: NextStepRules): Step {
  if (dispatch.phase !== 'created' || facts.history?.hasEnded === true) return NEVER;
  const call = liveCallOf(dispatch, facts.history);
  if (call === null) return NEVER;
  if (isEndRequested(dispatch)) {
    const end = endOf(dispatch, { ...call, refusedEnd: facts.history?.refusedEnd ?? null }, false, facts);
    if (end !== NEVER) return end;
  }
  const followUp = facts.followUps.get(call.graphCallId) ?? NO_FOLLOW_UP;
  const { keepAliveAtMs, isSaidGone, isToldGone, notBeforeMs } = followUp;
  // The history may never show that the call is gone: the call's snapshot may be damaged.
  if (isToldGone) return NEVER;
  const unread = facts.history?.unreadCallbackId ?? null;
  const answers = unread === followUp.answeredCallbackId ? null : unread;
  const lookUpAtMs = lookUpTimeOf(
    followUp,
    { isUnread: answers !== null, isEstablishing: facts.history?.isEstablishing !== false },
    rules,
  );
  return earliest([
    stepAt(Math.max(lookUpAtMs, notBeforeMs), { kind: 'look-up', ...call, answers }, facts),
    isSaidGone ? NEVER : stepAt(Math.max(keepAliveAtMs, notBeforeMs), { kind: 'keep-alive', ...call }, facts),
  ]);
}

/** Broker time of the next look-up; Infinity while none is needed. */
function lookUpTimeOf(
  { lookUpAtMs, lookedUpAtMs, isSaidGone }: FollowUp,
  { isUnread, isEstablishing }: { readonly isUnread: boolean; readonly isEstablishing: boolean },
  { unreadLookUpMs }: NextStepRules,
): number {
  if (isSaidGone) return lookUpAtMs;
  return Math.min(isEstablishing ? lookUpAtMs : Infinity, isUnread ? lookedUpAtMs + unreadLookUpMs : Infinity);
}

function stepAt(
  atMs: number,
  step: Step,
  { nowMs, followUpsFromMs = -Infinity }: Pick<NextStepFacts, 'nowMs' | 'followUpsFromMs'>,
): Step {
  const untilMs = Math.max(atMs, followUpsFromMs);
  return nowMs >= untilMs ? step : { kind: 'wait', untilMs };
}

/**
 * Only what Graph said of this call's own requests holds its end back: a throttled keep-alive of another call does not.
 * Graph is asked once for each request, whatever it answers: who asks again has it asked again.
 */
function endOf(
  dispatch: Dispatch,
  { attempt, graphCallId, refusedEnd }: SurplusCallOfGraph,
  isSurplus: boolean,
  facts: NextStepFacts,
): Step {
  const { hungUpFor, notBeforeMs } = facts.followUps.get(graphCallId) ?? NO_FOLLOW_UP;
  const request = endRequestsOf(dispatch);
  if (request <= Math.max(hungUpFor, refusedEnd ?? -1)) return NEVER;
  return stepAt(notBeforeMs, { kind: 'hang-up', isSurplus, request, attempt, graphCallId }, { nowMs: facts.nowMs });
}

/** True when the call or one of its surplus calls still lives at Graph, as far as is known. */
export function livesAtGraph(dispatch: Dispatch, history: CallHistory | undefined): boolean {
  return (dispatch.phase === 'created' && history?.hasEnded !== true) || (history?.surplus.length ?? 0) > 0;
}

/** True when the call's history shows its end, or this process told the history that Graph no longer knows the call. */
export function isOver(dispatch: Dispatch, history: CallHistory | undefined, followUps: ReadonlyMap<string, FollowUp>): boolean {
  if (history?.hasEnded === true) return true;
  const call = liveCallOf(dispatch, history);
  return call !== null && followUps.get(call.graphCallId)?.isToldGone === true;
}

/** Graph's call that is the call; null while its id is not known. */
export function liveCallOf(dispatch: Dispatch, history: CallHistory | undefined): CallOfGraph | null {
  const isSurplus = (id: string): boolean => history?.surplus.some((one) => sameGraphId(one.graphCallId, id)) ?? false;
  for (const { attempt, state, graphCallId } of dispatch.attempts) {
    if (state !== 'created') continue;
    const id = graphCallId ?? history?.proven.find((one) => one.attempt === attempt)?.graphCallId ?? null;
    if (id !== null && !isSurplus(id)) return { attempt, graphCallId: id };
  }
  return null;
}

/** The first keep-alive after `nowMs`: every interval since the call was created, so that a crash leaves no more than one out. */
export function keepAliveAfter(nowMs: number, createdAtMs: number, intervalMs: number): number {
  return createdAtMs + Math.max(1, Math.ceil((nowMs - createdAtMs) / intervalMs)) * intervalMs;
}
