import {
  encodeEvent,
  encodeLedgerRecord,
  FOLD_VERSION,
  type CallEvent,
  type LedgerRecord,
  type Snapshot,
} from '@callbus/contracts';
import type { ReceivedRecord } from '@callbus/kafka';
import { CallFacts } from '../calls/call-facts.js';

export const CALL_ID = 'b4a53e9e-4a0c-4c6c-9d52-7a3b0f4f7a11';
export const TENANT_ID = '8d6f3f0e-5b0c-4c8e-9a43-6f1d3c2b7a10';
export const APP_ID = '2891555a-92ff-42e6-80fa-6e1300c6b5c6';
/** When the command was accepted, ms since 1970. */
export const START_MS = Date.UTC(2026, 0, 1);
export const GRAPH_ERROR = { httpStatus: 403, code: '7504', message: 'Insufficient permissions.' };

export const ACCEPTED: LedgerRecord = {
  type: 'Accepted',
  callId: CALL_ID,
  command: { tenantId: TENANT_ID, appId: APP_ID, notAfterMs: START_MS + 120_000, ifUnknown: 'park', call: {} },
  requestHash: '1:00',
};
export const END_REQUESTED: LedgerRecord = { type: 'EndRequested', callId: CALL_ID, tenantId: TENANT_ID };

function keyOf(attempt: number): { callId: string; attempt: number; nonce: string } {
  return { callId: CALL_ID, attempt, nonce: `00000000-0000-4000-8000-${String(attempt).padStart(12, '0')}` };
}
export const intent = (attempt = 1): LedgerRecord => ({
  type: 'Intent',
  ...keyOf(attempt),
  deadlineMs: 10_000,
  orphanMs: 40_000,
});
export const unknown = (attempt = 1): LedgerRecord => ({ type: 'Unknown', ...keyOf(attempt), why: 'the connection broke' });
export const created = (attempt = 1): LedgerRecord => ({
  type: 'Created',
  ...keyOf(attempt),
  provenBy: 'response',
  graphCallId: 'g-1',
});
export const rejected = (attempt = 1): LedgerRecord => ({ type: 'Rejected', ...keyOf(attempt), error: GRAPH_ERROR });
export const refused = (attempt = 1): LedgerRecord => ({
  type: 'Refused',
  ...keyOf(attempt),
  retryAfterMs: 5_000,
  error: { ...GRAPH_ERROR, httpStatus: 429 },
});
export const released = (attempt = 1): LedgerRecord => ({
  type: 'Released',
  callId: CALL_ID,
  attempt,
  by: 'operator',
  operator: 'ann',
  reason: 'it did not ring',
});
export const expired: LedgerRecord = {
  type: 'Expired',
  callId: CALL_ID,
  why: 'notAfter passed before the call could be dialled',
};

function recordOf(offset: number, timestampMs: number, value: Buffer, headers: ReceivedRecord['headers'] = {}): ReceivedRecord {
  return { topic: 't', partition: 0, offset: BigInt(offset), timestampMs, key: Buffer.from(CALL_ID), value, headers };
}

/** Read at START_MS. The ledger's records are one second after each other, the first at START_MS; what expires does so late enough. */
export function factsAfter(...records: readonly LedgerRecord[]): CallFacts {
  return factsReadAt(START_MS, ...records);
}

/** The same, read at another time. */
export function factsReadAt(readAtMs: number, ...records: readonly LedgerRecord[]): CallFacts {
  const facts = new CallFacts(CALL_ID, readAtMs);
  for (const [index, record] of records.entries()) {
    const atMs = START_MS + index * 1_000 + (record.type === 'Expired' ? 120_000 : 0);
    facts.takeLedger(recordOf(index, atMs, encodeLedgerRecord(record)));
  }
  return facts;
}

export function eventRecord(event: Pick<CallEvent, 'type' | 'sequence' | 'data'>, timeMs = START_MS): ReceivedRecord {
  const subject = { callId: CALL_ID, graphCallId: null, tenantId: TENANT_ID, appId: APP_ID };
  const { value, headers } = encodeEvent({ ...event, subject, time: new Date(timeMs).toISOString() } as CallEvent);
  return recordOf(event.sequence, timeMs, value, headers);
}

/** What the history has of the call, as far as it matters here. */
export function snapshotOf(call: Partial<Snapshot['call']>): Snapshot {
  const folded = {
    phase: 'accepted',
    tenantId: TENANT_ID,
    attempt: null,
    failure: null,
    surplus: [],
    isEndRefused: false,
    state: null,
  };
  return { callId: CALL_ID, sequence: 1, offset: 1, foldVersion: FOLD_VERSION, call: { ...folded, ...call } as Snapshot['call'] };
}

export const PARKED = snapshotOf({ phase: 'unknown', unknownAttempt: 1, isParked: true });
