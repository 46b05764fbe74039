import { bodyBytes, type NotificationObservation } from '@callbus/contracts';
import { endSurplus, proveAttempt } from './attempt-of-call.js';
import { changeCallState, TERMINATED } from './call-state.js';
import type { Change, Place } from './change.js';
import type { HistoryInProgress } from './history.js';
import { foldOperation } from './operations.js';
import { readNotifications } from '../read/read-notifications.js';
import { foldRoster } from './roster.js';
import { cutBy, fittingEntries, jsonBytes, SIZE_LIMITS } from './size-limits.js';
import { foldTone } from './tones.js';

/**
 * A callback proves the attempt that it was addressed to, whatever it says; only the call's own callbacks move the history.
 * @param isLeft false for a change that was folded before; `index` is its position among the body's changes
 * @returns the places of the parts that this release cannot handle, in their order
 */
export function foldNotification(
  history: HistoryInProgress,
  notification: NotificationObservation,
  isLeft: (change: Change, index: number) => boolean,
): readonly Place[] {
  const changes = readNotifications(bodyBytes(notification), notification.headers['content-type']);
  return changes.flatMap((change, index) =>
    isLeft(change, index) && !foldPart(history, notification, change) ? change.places : [],
  );
}

/** @returns false if nobody can handle it */
function foldPart(history: HistoryInProgress, { attempt, id }: NotificationObservation, change: Change): boolean {
  const { graphCallId } = change;
  // Sender and address of an unreadable callback prove its attempt, even if it names no call.
  const isProof = graphCallId !== null || change.kind === 'unreadable';
  if (isProof && !proveAttempt(history, attempt, graphCallId, PROVEN)) {
    history.leave('a notification is about another call than the one that this attempt is bound to');
    return false;
  }
  if (change.kind === 'unreadable') return foldUnreadable(history, attempt, id, change.why);
  if (change.kind === 'unknown') {
    history.leave(change.why);
    return false;
  }
  if (history.call.attempt === attempt) foldChange(history, change);
  else if (graphCallId !== null && isTheEnd(change)) endSurplus(history, graphCallId, 'gone');
  return true;
}

const PROVEN = { provenBy: 'callback', call: null } as const;

/** An unreadable callback may have said that the call has ended, so the dispatcher asks Graph. */
function foldUnreadable(history: HistoryInProgress, attempt: number, id: string, why: string | null): boolean {
  if (history.call.attempt === attempt && !history.hasEnded) history.set({ unreadCallbackId: id });
  if (why === null) return true;
  history.leave(why);
  return false;
}

function foldChange(history: HistoryInProgress, change: Exclude<Change, { kind: 'unknown' | 'unreadable' }>): void {
  switch (change.kind) {
    case 'call': {
      const isLate = changeCallState(history, change.report, 'callback');
      if (change.toneInfo !== null) foldTone(history, change.toneInfo, isLate);
      return;
    }
    case 'roster':
      foldRoster(history, change.report);
      return;
    case 'operation':
      foldOperation(history, change);
      return;
    case 'content-sharing': {
      const { kept, truncated } = fittingEntries(change.sessions, SIZE_LIMITS.contentSharingSessions, jsonBytes);
      const { changeType } = change;
      history.emit('ContentSharingChanged', {
        changeType,
        contentSharingSessions: kept,
        late: history.hasEnded,
        ...cutBy(truncated),
      });
    }
  }
}

function isTheEnd(change: Change): boolean {
  return change.kind === 'call' && change.report.state === TERMINATED;
}
