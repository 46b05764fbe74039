import { hash } from 'node:crypto';
import {
  bodyBytes,
  type AcceptedObservation,
  type CallEvent,
  type KeepAliveObservation,
  type Observation,
} from '@callbus/contracts';
import type { Place } from './change.js';
import { foldEnd, foldFound, foldGone, foldOutcome, foldUnknown } from './attempt-of-call.js';
import { foldNotification } from './fold-notification.js';
import { harmless } from '../read/harmless-json.js';
import { emptyHistory, HistoryInProgress, type History } from './history.js';
import { leftOf, seenAfter, WHOLE } from './left-parts.js';

/** Observations whose repeats are recognised; more than Graph and Kafka ever have under way for one call. */
const SEEN_LIMIT = 256;
/** Characters of Graph's message id that tell it from others. */
const MESSAGE_ID_LENGTH = 128;

export interface Folded {
  readonly history: History;
  readonly events: readonly CallEvent[];
  /** What of the observation nobody could handle, in words for the dead letter. */
  readonly unhandled: readonly string[];
}

/**
 * Folds one observation into the history of its call. Pure, total and versioned (FOLD_VERSION): the same observations
 * in the same order give the same events with the same ids, whenever and wherever they are folded.
 */
export function foldCall(before: History | undefined, observation: Observation): Folded {
  const history = new HistoryInProgress(before ?? emptyHistory(observation), observation);
  const { seen } = history.call;
  const mark = markOf(observation);
  if (!seen.includes(mark)) {
    // What nobody could handle may come again, replayed to a release that can; then the rest of it is a repeat.
    const left = apply(history, observation, leftOf(seen, mark));
    history.set({ seen: seenAfter(seen, mark, left).slice(-SEEN_LIMIT) });
  }
  return { history: history.history, events: history.events, unhandled: history.unhandled };
}

/** @returns the places of the parts that this release cannot handle */
function apply(history: HistoryInProgress, observation: Observation, isLeft: ReturnType<typeof leftOf>): readonly Place[] {
  if (observation.kind === 'notification') return foldNotification(history, observation, isLeft);
  foldOwn(history, harmless(observation));
  return history.unhandled.length === 0 ? [] : WHOLE;
}

/** Folds an observation of the dispatcher, which may contain an answer of Graph. */
function foldOwn(history: HistoryInProgress, observation: Exclude<Observation, { kind: 'notification' }>): void {
  switch (observation.kind) {
    case 'accepted':
      foldAccepted(history, observation);
      return;
    case 'outcome':
      foldOutcome(history, observation);
      return;
    case 'grace-over':
      foldUnknown(history, observation.attempt, observation.why, true);
      return;
    case 'keep-alive':
      foldKeepAlive(history, observation);
      return;
    case 'end':
      foldEnd(history, observation);
  }
}

function foldAccepted(history: HistoryInProgress, accepted: AcceptedObservation): void {
  const { requestHash, callKind: kind, media, notAfter, ifUnknown, isDeltaRosterEnabled: isDeltaRoster = false } = accepted;
  const { isAccepted, phase } = history.call;
  if (isAccepted) return;
  const isFirst = phase === 'announced';
  history.set({
    requestHash,
    kind,
    media,
    notAfter,
    ifUnknown,
    isDeltaRoster,
    isAccepted: true,
    phase: isFirst ? 'accepted' : phase,
  });
  history.emit('CallAccepted', { kind, media, notAfter, ifUnknown, ...(isFirst ? {} : { late: true as const }) });
}

function foldKeepAlive(history: HistoryInProgress, observation: KeepAliveObservation): void {
  const { attempt, graphCallId, result, call, answers } = observation;
  if (answers !== undefined && answers === history.call.unreadCallbackId) history.forgetUnreadCallback();
  if (result === 'gone') foldGone(history, attempt, graphCallId);
  else if (call !== undefined) foldFound(history, attempt, graphCallId, call);
}

/**
 * What a repeat of the observation is known by: its id; for a callback Graph's message id with the body, which is the same
 * whether the receiver wrote it twice under one id or Graph sent it twice.
 */
function markOf(observation: Observation): string {
  if (observation.kind !== 'notification') return observation.id;
  const messageId = observation.headers['x-microsoft-skype-message-id']?.slice(0, MESSAGE_ID_LENGTH);
  if (messageId === undefined) return observation.id;
  return `${messageId}:${hash('sha256', bodyBytes(observation), 'base64url')}`;
}
