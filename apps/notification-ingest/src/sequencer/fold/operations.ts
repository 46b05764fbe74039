import { hash } from 'node:crypto';
import { plainGraphId } from '@callbus/graph';
import type { Change } from './change.js';
import type { HistoryInProgress } from './history.js';
import { idOf, nameOf } from '../read/json-members.js';
import { cutBy, fittingMembers, SIZE_LIMITS } from './size-limits.js';

/** Operations of a call whose repeats are recognised; more than Graph ever has under way at once. */
const OPERATIONS_LIMIT = 32;
/** A lower one than before came late. https://learn.microsoft.com/graph/api/resources/commsoperation */
const STATUS_RANKS: ReadonlyMap<string, number> = new Map([
  ['NotStarted', 0],
  ['Running', 1],
  ['Completed', 2],
  ['Failed', 2],
]);

/** News of something that Graph does on the call. Those that have neither id nor client context are all told. */
export function foldOperation(
  history: HistoryInProgress,
  { operationId, changeType, operation }: Extract<Change, { kind: 'operation' }>,
): void {
  const { operations } = history.call;
  const key = operationId === null ? idOf(operation['clientContext']) : plainGraphId(operationId);
  const known = operations.find((one) => one.key === key);
  const digest = hash('sha256', JSON.stringify(operation), 'base64url');
  if (known?.digest === digest) return;
  const status = nameOf(operation['status']) ?? '';
  const late = history.hasEnded || isBefore(status, known?.status ?? '');
  if (!late && key !== null)
    history.set({ operations: [...operations.filter((one) => one !== known), { key, status, digest }].slice(-OPERATIONS_LIMIT) });
  const { kept, truncated } = fittingMembers(operation, SIZE_LIMITS.operation);
  history.emit('CallOperationUpdated', { operationId, changeType, operation: kept, late, ...cutBy(truncated) });
}

/** A status that nobody knows comes neither before nor after another. */
function isBefore(status: string, other: string): boolean {
  const [rank, otherRank] = [STATUS_RANKS.get(status), STATUS_RANKS.get(other)];
  return rank !== undefined && otherRank !== undefined && rank < otherRank;
}
