import {
  compacted,
  decodeLedgerRecord,
  ContractError,
  isEndRequested,
  isOutlived,
  latestAttempt,
  reduce,
  TOPICS,
  type Dispatch,
} from '@callbus/contracts';
import { SnapshotFollower, type ReceivedRecord } from '@callbus/kafka';
import type { Installation } from '../installation/installation.js';
import type { Report } from '../screen/report.js';
import { table, timeOf } from '../screen/table.js';

/** A call that waits for an operator. */
export interface ParkedCall {
  readonly callId: string;
  readonly tenantId: string;
  readonly attempt: number;
  /** Since when the outcome is unknown, ISO 8601: by the ledger, or by the history if the ledger has forgotten the call. */
  readonly since: string;
  /** Its end was asked for: it is not dialled again, and cannot be released. */
  readonly isEndRequested: boolean;
  /** The ledger has forgotten the call: it is not dialled again, and cannot be released or ended. */
  readonly isForgotten: boolean;
}

/** A parked call as its snapshot shows it. */
export interface ParkedHistory {
  readonly tenantId: string;
  readonly attempt: number;
  /** When its snapshot was written, ms since 1970. */
  readonly writtenAtMs: number;
}

/** Lists the calls of which nobody knows whether they were dialled, the oldest first. */
export async function listParked(installation: Installation, invocation: string): Promise<Report> {
  const [dispatches, histories] = await Promise.all([readLedger(installation), readParkedHistories(installation)]);
  const parked = parkedCalls(dispatches, histories);
  const rows = parked.map((call) => [call.callId, call.tenantId, String(call.attempt), call.since, remarkOn(call)]);
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

function remarkOn({ isEndRequested, isForgotten }: ParkedCall): string {
  if (isForgotten) return 'the ledger has forgotten it: it cannot be released';
  return isEndRequested ? 'its end was asked for' : '';
}

/** The calls that the history shows as parked, if the ledger has them as unknown after the same attempt or has forgotten them. */
export function parkedCalls(
  dispatches: ReadonlyMap<string, Dispatch>,
  histories: ReadonlyMap<string, ParkedHistory>,
): ParkedCall[] {
  return [...histories]
    .flatMap(([callId, { tenantId, attempt, writtenAtMs }]): ParkedCall[] => {
      const dispatch = dispatches.get(callId);
      if (dispatch === undefined || dispatch.command === null)
        return [{ callId, tenantId, attempt, since: timeOf(writtenAtMs), isEndRequested: false, isForgotten: true }];
      const latest = latestAttempt(dispatch);
      if (dispatch.phase !== 'unknown' || latest?.attempt !== attempt) return [];
      const since = timeOf(latest.closedAtMs ?? latest.intendedAtMs);
      return [{ callId, tenantId, attempt, since, isEndRequested: isEndRequested(dispatch), isForgotten: false }];
    })
    .toSorted((a, b) => a.since.localeCompare(b.since));
}

/** The calls that the dispatchers still know, by callId. */
async function readLedger(installation: Installation, nowMs = Date.now()): Promise<ReadonlyMap<string, Dispatch>> {
  const kept = new Map<string, KeptDispatch>();
  await installation.read(TOPICS.dispatchLedger, (record) => {
    fold(kept, record);
  });
  const known = [...kept].filter(([, { dispatch, changedAtMs }]) => !isOutlived(dispatch, changedAtMs, nowMs));
  return new Map(known.map(([callId, { dispatch }]) => [callId, dispatch]));
}

interface KeptDispatch {
  readonly dispatch: Dispatch;
  /** LogAppendTime of the last record that changed the call. */
  readonly changedAtMs: number;
}

function fold(kept: Map<string, KeptDispatch>, { value, timestampMs }: ReceivedRecord): void {
  try {
    const record = decodeLedgerRecord(value);
    const known = kept.get(record.callId);
    const before = known === undefined || isOutlived(known.dispatch, known.changedAtMs, timestampMs) ? undefined : known.dispatch;
    const { dispatch } = reduce(before, record, timestampMs);
    if (dispatch !== undefined && dispatch !== before)
      kept.set(dispatch.callId, { dispatch: compacted(dispatch), changedAtMs: timestampMs });
  } catch (error) {
    // What cannot be read takes no effect; what a newer release wrote stops the reader.
    if (!(error instanceof ContractError) || error.code === 'UNKNOWN_VERSION') throw error;
  }
}

async function readParkedHistories(installation: Installation): Promise<ReadonlyMap<string, ParkedHistory>> {
  const { promise: failed, reject } = Promise.withResolvers<never>();
  const snapshots = await SnapshotFollower.start({
    client: installation.client,
    topicPrefix: installation.topicPrefix,
    partitionCount: installation.partitions,
    atUnreadable: 'end',
    keep: ({ callId, call }) => ({ callId, tenantId: call.tenantId, attempt: call.isParked ? call.unknownAttempt : null }),
    standstillMs: installation.settings.readTimeoutMs,
    onFatal: reject,
  });
  try {
    await Promise.race([snapshots.caughtUp(), failed]);
    const parked = snapshots.values().flatMap(({ callId, tenantId, attempt }): [string, ParkedHistory][] => {
      const writtenAtMs = snapshots.writtenAtMs(callId) ?? 0;
      return attempt === null ? [] : [[callId, { tenantId, attempt, writtenAtMs }]];
    });
    return new Map(parked);
  } finally {
    await snapshots.stop();
  }
}
