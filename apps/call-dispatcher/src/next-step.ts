import { isEndRequested, latestAttempt, type Attempt, type Dispatch, type LedgerRecord } from '@callbus/contracts';
import { sameGraphId } from '@callbus/graph';

/** What the driver has to know of a call's history. */
export interface CallHistory {
  readonly hasEnded: boolean;
  /** Attempts that a callback or an answer has proven, with Graph's id of the call where it is known. */
  readonly proven: readonly { readonly attempt: number; readonly graphCallId: string | null }[];
}

export type Step =
  /** Nothing to do until something changes, or until this broker time (ms since 1970). */
  | { readonly kind: 'wait'; readonly untilMs: number }
  | { readonly kind: 'append'; readonly record: LedgerRecord }
  /** Dial; `withNewToken`: Graph refused the last one. */
  | { readonly kind: 'attempt'; readonly attempt: number; readonly withNewToken: boolean }
  | { readonly kind: 'hang-up'; readonly graphCallIds: readonly string[] };

const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 15_000;
const NEVER: Step = { kind: 'wait', untilMs: Infinity };

/**
 * What is to be done for a call by the process that looks after it. Pure: the ledger, the history and the time decide,
 * so all that waits goes on after a crash.
 * @param nowMs the broker's time, ms since 1970
 * @param hungUp Graph's ids of calls whose hang-up was taken
 */
export function nextStep(dispatch: Dispatch, history: CallHistory | undefined, nowMs: number, hungUp: ReadonlySet<string>): Step {
  const proof = proofOf(dispatch, history);
  if (proof !== null) return { kind: 'append', record: proof };
  const open = dispatch.attempts.find(({ state }) => state === 'open');
  const orphanAtMs = open === undefined ? Infinity : open.intendedAtMs + open.orphanMs;
  if (open !== undefined && nowMs > orphanAtMs) return { kind: 'append', record: orphaned(dispatch, open) };
  if (dispatch.phase === 'waiting') return stepOfWaiting(dispatch, nowMs);
  if (dispatch.phase === 'created' && isEndRequested(dispatch) && history?.hasEnded !== true) {
    const graphCallIds = aliveIds(dispatch, history).filter((id) => !hungUp.has(id));
    if (graphCallIds.length > 0) return { kind: 'hang-up', graphCallIds };
  }
  return open === undefined ? NEVER : { kind: 'wait', untilMs: orphanAtMs + 1 };
}

/** A callback on an attempt's own address is the proof that it dialled. */
function proofOf(dispatch: Dispatch, history: CallHistory | undefined): LedgerRecord | null {
  for (const { attempt, state } of dispatch.attempts) {
    if (state !== 'open' && state !== 'unknown') continue;
    const proven = history?.proven.find((one) => one.attempt === attempt);
    if (proven === undefined) continue;
    return { type: 'Created', callId: dispatch.callId, attempt, provenBy: 'callback', graphCallId: proven.graphCallId };
  }
  return null;
}

function orphaned({ callId }: Dispatch, { attempt }: Attempt): LedgerRecord {
  return { type: 'Unknown', callId, attempt, why: 'the process that dialled wrote no outcome' };
}

function stepOfWaiting(dispatch: Dispatch, nowMs: number): Step {
  const { callId, command } = dispatch;
  if (command === null) return NEVER;
  const { notAfterMs } = command;
  const last = latestAttempt(dispatch);
  const earliestMs = earliestNextMs(dispatch);
  if (nowMs > notAfterMs) return { kind: 'append', record: { type: 'Expired', callId, why: whyExpired(last) } };
  if (earliestMs > notAfterMs) return { kind: 'wait', untilMs: notAfterMs + 1 };
  if (nowMs < earliestMs) return { kind: 'wait', untilMs: earliestMs };
  return { kind: 'attempt', attempt: (last?.attempt ?? 0) + 1, withNewToken: last?.httpStatus === 401 };
}

/** After a refusal when Graph says; after attempts that did not reach Graph at growing distances. */
function earliestNextMs({ attempts }: Dispatch): number {
  const last = attempts.at(-1);
  if (last?.state === 'refused') return last.retryAtMs ?? 0;
  if (last?.state !== 'not-sent') return 0;
  const inVain = attempts.length - 1 - attempts.findLastIndex(({ state }) => state !== 'not-sent');
  return last.intendedAtMs + Math.min(FIRST_BACKOFF_MS * 2 ** (inVain - 1), LONGEST_BACKOFF_MS);
}

function whyExpired(last: Attempt | undefined): string {
  if (last === undefined) return 'notAfter passed before the call could be dialled';
  if (last.state !== 'refused') return `notAfter passed, and attempt ${String(last.attempt)} had not reached Graph`;
  return `notAfter passed while waiting, since Graph refused attempt ${String(last.attempt)} for now (HTTP ${String(last.httpStatus)})`;
}

function aliveIds(dispatch: Dispatch, history: CallHistory | undefined): string[] {
  const ids: string[] = [];
  for (const { attempt, state, graphCallId } of dispatch.attempts) {
    if (state !== 'created') continue;
    const id = graphCallId ?? history?.proven.find((one) => one.attempt === attempt)?.graphCallId ?? null;
    if (id !== null && !ids.some((known) => sameGraphId(known, id))) ids.push(id);
  }
  return ids;
}
