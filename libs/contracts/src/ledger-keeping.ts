import { isEndRequested, isSettled, NONE, type Dispatch } from './ledger.js';
import { TOPICS, type TopicSpec } from './topics.js';

const HOUR_MS = 60 * 60 * 1_000;
const LEDGER: TopicSpec = TOPICS.dispatchLedger;

/** Milliseconds after a call's last effective record until a fold forgets the call: as long as its topic keeps records at least. */
export const LEDGER_MEMORY_MS = Number(LEDGER.config['retention.ms']);

/**
 * The same for a call of which only its end, or an outcome without an Intent, has been seen. A command may dial for 24 h after
 * its arrival at most. So a CreateCall that arrives up to a day after the end can dial no more once that end is forgotten;
 * the third day is for brokers whose clocks differ.
 */
export const ANNOUNCED_MEMORY_MS = 72 * HOUR_MS;

/** Whether some record can still permit an attempt. Once false, it stays false: `reduce` refuses each Intent and Released. */
export function canBeDialled(dispatch: Dispatch): boolean {
  return !isSettled(dispatch) && !isEndRequested(dispatch);
}

/**
 * The call without what no record can make use of any more: the body, and nonces of Intents to come, once it cannot be
 * dialled; ends that other tenants asked for, once its own is known. `reduce` says of both the same: a test holds that.
 */
export function compacted(dispatch: Dispatch): Dispatch {
  const { command, endRequestedBy, spentNonces } = dispatch;
  if (command === null) return dispatch;
  const isSpent = !canBeDialled(dispatch);
  const ends = endRequestedBy.filter((tenantId) => tenantId === command.tenantId);
  const isCompact = ends.length === endRequestedBy.length && (!isSpent || (command.call === null && spentNonces.length === 0));
  if (isCompact) return dispatch;
  const own = { ...dispatch, endRequestedBy: ends.length === 0 ? NONE : ends };
  return isSpent ? { ...own, command: { ...command, call: null }, spentNonces: NONE } : own;
}

/**
 * Whether a fold treats the call as unknown at this time. It depends on times of the log only, so every process agrees,
 * whatever the broker has deleted by then. A fold asks this before each record of the call, and may drop the call from memory.
 * @param changedAtMs LogAppendTime of the last record that changed the call, milliseconds since the epoch
 * @param atMs LogAppendTime of the record to be folded, or a lower bound of the broker's time
 */
export function isOutlived(dispatch: Dispatch, changedAtMs: number, atMs: number): boolean {
  return atMs - changedAtMs > (dispatch.phase === 'announced' ? ANNOUNCED_MEMORY_MS : LEDGER_MEMORY_MS);
}
