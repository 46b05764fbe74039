import type { JsonObject } from '@callbus/graph';
import type { HistoryInProgress } from './history.js';
import { countOf, nameOf } from '../read/json-members.js';

/**
 * A tone that somebody pressed. Graph counts them (`sequenceId`), so a repeat and a late one are known.
 * @param isLate whether the notification came late by what else it says
 */
export function foldTone(history: HistoryInProgress, toneInfo: JsonObject, isLate: boolean): void {
  const { lastTone } = history.call;
  const sequenceId = countOf(toneInfo['sequenceId']);
  const tone = nameOf(toneInfo['tone']) ?? '';
  if (lastTone !== null && lastTone.sequenceId === sequenceId && lastTone.tone === tone) return;
  const late = isLate || (lastTone !== null && sequenceId !== null && sequenceId < lastTone.sequenceId);
  if (!late && sequenceId !== null) history.set({ lastTone: { sequenceId, tone } });
  history.emit('CallToneReceived', { toneInfo, late });
}
