import { isEndRequested, isSettled, latestAttempt, NONE, type Dispatch } from './dispatch.js';
import { mayLackAttempts } from './lost-records.js';
import { TOPICS, type TopicSpec } from '../topics/topics.js';

const HOUR_MS = 60 * 60 * 1_000;
const LEDGER: TopicSpec = TOPICS.dispatchLedger;

/** Milliseconds from a call's last effective record until a fold forgets the call: the shortest time that the topic keeps records. */
export const LEDGER_MEMORY_MS = Number(LEDGER.config['retention.ms']);

/**
 * The same for a callId of which the ledger has only an EndRequested, or an outcome without an Intent. A command may dial for at
 * most 24 h after its arrival, so a CreateCall that arrives within a day of the end has expired when the fold forgets that end.
 * The third day covers brokers whose clocks differ.
 */
export const ANNOUNCED_MEMORY_MS = 72 * HOUR_MS;

/** True while a record can still permit an attempt. Once false, it stays false: `reduce` refuses each Intent and Released. */
export function canBeDialled(dispatch: Dispatch): boolean {
  return !isSettled(dispatch) && !isEndRequested(dispatch);
}

/**
 * Removes the parts of a call that no later record can use. Once the call cannot be dialled, these are the body, the spent nonces
 * and attempts that were not sent; once its own tenant is known, other tenants' end requests. `reduce` treats both forms the
 * same; a property test checks that.
 */
export function compacted(dispatch: Dispatch): Dispatch {
  const { command, endRequestedBy, spentNonces } = dispatch;
  if (command === null) return dispatch;
  const isSpent = !canBeDialled(dispatch);
  const ends = endRequestedBy.filter((tenantId) => tenantId === command.tenantId);
  const attempts = isSpent ? attemptsToKeep(dispatch) : dispatch.attempts;
  const hasAll = ends.length === endRequestedBy.length && attempts.length === dispatch.attempts.length;
  if (hasAll && (!isSpent || (command.call === null && spentNonces.length === 0))) return dispatch;
  const own = { ...dispatch, attempts, endRequestedBy: ends.length === 0 ? NONE : ends };
  return isSpent ? { ...own, command: { ...command, call: null }, spentNonces: NONE } : own;
}

/**
 * Drops the attempts that were not sent, of which a call collects thousands while Graph cannot be reached. A later outcome for
 * one of them has no effect, and nothing counts them. The others stay: an open or unknown one may be proven, a created one is the
 * call, the latest decides what becomes of the call, and those that Graph refused or decided determine the app's back-off and
 * quota in the tenant. After lost records all stay, since a proof may be about any of them.
 */
function attemptsToKeep(dispatch: Dispatch): Dispatch['attempts'] {
  const { attempts } = dispatch;
  if (mayLackAttempts(dispatch)) return attempts;
  return attempts.filter((attempt) => attempt.state !== 'not-sent' || attempt === latestAttempt(dispatch));
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
