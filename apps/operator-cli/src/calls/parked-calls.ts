import {
  compacted,
  decodeLedgerRecord,
  ContractError,
  isEndRequested,
  latestAttempt,
  reduce,
  TOPICS,
  type Dispatch,
} from '@callbus/contracts';
import { SnapshotFollower, type ReceivedRecord } from '@callbus/kafka';
import type { Installation } from '../installation.js';
import type { Report } from '../report.js';
import { table, timeOf } from '../table.js';

/** A call that waits for an operator. */
export interface ParkedCall {
  readonly callId: string;
  readonly tenantId: string;
  readonly attempt: number;
  /** Since when nobody knows, by the ledger; ISO 8601. */
  readonly since: string;
  /** Its end was asked for: it is not dialled again, and cannot be released. */
  readonly isEndRequested: boolean;
}

/** Lists the calls of which nobody knows whether they were dialled, the oldest first. */
export async function listParked(installation: Installation, invocation: string): Promise<Report> {
  const [dispatches, parkedAttempts] = await Promise.all([readLedger(installation), readParkedAttempts(installation)]);
  const parked = parkedCalls(dispatches, parkedAttempts);
  const rows = parked.map((call) => [
    call.callId,
    call.tenantId,
    String(call.attempt),
    call.since,
    call.isEndRequested ? 'its end was asked for' : '',
  ]);
  const next = ['', `${invocation} calls show <callId> says what happened to one.`];
  return {
    data: parked,
    lines:
      parked.length === 0
        ? ['No call is parked.']
        : [...table(['callId', 'tenant', 'attempt', 'unknown since', ''], rows), ...next],
    isWell: true,
  };
}

/** Those that the ledger has as unknown and the history as parked, both of the same attempt. */
export function parkedCalls(dispatches: Iterable<Dispatch>, parkedAttempts: ReadonlyMap<string, number>): ParkedCall[] {
  return [...dispatches]
    .flatMap((dispatch) => {
      const latest = latestAttempt(dispatch);
      const isParked =
        dispatch.phase === 'unknown' && latest !== undefined && parkedAttempts.get(dispatch.callId) === latest.attempt;
      if (!isParked || dispatch.command === null) return [];
      const { tenantId } = dispatch.command;
      const since = timeOf(latest.closedAtMs ?? latest.intendedAtMs);
      return [{ callId: dispatch.callId, tenantId, attempt: latest.attempt, since, isEndRequested: isEndRequested(dispatch) }];
    })
    .toSorted((a, b) => a.since.localeCompare(b.since));
}

async function readLedger(installation: Installation): Promise<Iterable<Dispatch>> {
  const dispatches = new Map<string, Dispatch>();
  await installation.read(TOPICS.dispatchLedger, (record) => {
    fold(dispatches, record);
  });
  return dispatches.values();
}

function fold(dispatches: Map<string, Dispatch>, { value, timestampMs }: ReceivedRecord): void {
  try {
    const record = decodeLedgerRecord(value);
    const { dispatch } = reduce(dispatches.get(record.callId), record, timestampMs);
    if (dispatch !== undefined) dispatches.set(dispatch.callId, compacted(dispatch));
  } catch (error) {
    // What cannot be read takes no effect; what a newer release wrote stops the reader.
    if (!(error instanceof ContractError) || error.code === 'UNKNOWN_VERSION') throw error;
  }
}

async function readParkedAttempts(installation: Installation): Promise<ReadonlyMap<string, number>> {
  const { promise: failed, reject } = Promise.withResolvers<never>();
  const snapshots = await SnapshotFollower.start({
    client: installation.client,
    topicPrefix: installation.topicPrefix,
    partitionCount: installation.partitions,
    atUnreadable: 'end',
    keep: ({ callId, call }) => ({ callId, attempt: call.isParked ? call.unknownAttempt : null }),
    standstillMs: installation.settings.readTimeoutMs,
    onFatal: reject,
  });
  try {
    await Promise.race([snapshots.caughtUp(), failed]);
    return new Map(snapshots.values().flatMap(({ callId, attempt }) => (attempt === null ? [] : [[callId, attempt] as const])));
  } finally {
    await snapshots.stop();
  }
}
