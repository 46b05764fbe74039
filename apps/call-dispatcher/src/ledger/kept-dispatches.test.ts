import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ANNOUNCED_MEMORY_MS, LEDGER_MEMORY_MS, reduce, type Dispatch, type LedgerRecord } from '@callbus/contracts';
import { KeptDispatches } from './kept-dispatches.js';
import {
  ACCEPTED,
  CALL_ID,
  COMMAND,
  dispatchAfter,
  END_REQUESTED,
  GRAPH_ERROR,
  intent,
  key,
  START_MS,
  TENANT_ID,
} from '../testing/dispatches.js';

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const SETTLED: Record<string, readonly LedgerRecord[]> = {
  created: [ACCEPTED, intent(1), { type: 'Created', ...key(1), provenBy: 'response', graphCallId: 'g' }],
  rejected: [ACCEPTED, { type: 'Forbidden', callId: CALL_ID, error: { httpStatus: 403, code: '7504', message: 'no' } }],
  cancelled: [ACCEPTED, END_REQUESTED],
  'ended while unknown': [ACCEPTED, intent(1), { type: 'Unknown', ...key(1), why: 'reset' }, END_REQUESTED],
};
const DIALLED: Record<string, readonly LedgerRecord[]> = {
  waiting: [ACCEPTED],
  open: [ACCEPTED, intent(1)],
  unknown: [ACCEPTED, intent(1), { type: 'Unknown', ...key(1), why: 'reset' }],
  released: [
    ACCEPTED,
    intent(1),
    { type: 'Unknown', ...key(1), why: 'reset' },
    { type: 'Released', callId: CALL_ID, attempt: 1, by: 'operator', notAfterMs: START_MS + 1 },
  ],
};

let forgotten: string[];
let calls: KeptDispatches;

beforeEach(() => {
  forgotten = [];
  calls = new KeptDispatches(({ callId }) => forgotten.push(callId));
});

/** Keeps the call after each of these records. */
function keepAfter(records: readonly LedgerRecord[]): Dispatch | undefined {
  for (const record of records) {
    const { dispatch } = reduce(calls.get(CALL_ID, START_MS), record, START_MS);
    if (dispatch !== undefined) calls.put(dispatch, START_MS, TRACE);
  }
  return calls.get(CALL_ID, START_MS);
}

it.each(Object.entries(SETTLED))('keeps no body of a call that is %s, and counts nothing of it', (_what, records) => {
  expect(keepAfter(records)?.command?.call).toBeNull();
  expect([calls.waiting.inAll(), calls.unknown.inAll()]).toEqual([0, 0]);
});

it.each(Object.entries(DIALLED))('keeps the body of a call that is %s, and counts it once', (what, records) => {
  const kept = keepAfter(records);
  expect(kept?.command?.call).toEqual(COMMAND.call);
  const bytes = JSON.stringify(COMMAND.call).length + 1_024;
  const isUnknown = what === 'unknown';
  expect([calls.waiting.of(TENANT_ID), calls.unknown.of(TENANT_ID)]).toEqual(isUnknown ? [0, bytes] : [bytes, 0]);
});

it('counts the bytes of a body, not its characters, and hands the same body out', () => {
  const call = { ...COMMAND.call, subject: '€ 𝄞'.repeat(100) };
  const kept = keepAfter([{ ...ACCEPTED, command: { ...COMMAND, call } } as LedgerRecord]);
  expect(kept?.command?.call).toEqual(call);
  expect(calls.waiting.of(TENANT_ID)).toBe(Buffer.byteLength(JSON.stringify(call)) + 1_024);
});

it('keeps no attempt that was not sent once the call is over, and what Graph answered', () => {
  const notSent = (attempt: number): LedgerRecord => ({ type: 'NotSent', ...key(attempt), why: 'no connection' });
  const refused: LedgerRecord = { type: 'Refused', ...key(3), retryAfterMs: 1, error: GRAPH_ERROR };
  const unreachable = [1, 2].flatMap((attempt) => [intent(attempt), notSent(attempt)]);
  const tried = [ACCEPTED, ...unreachable, intent(3), refused, intent(4)];
  expect(keepAfter(tried)?.attempts).toHaveLength(4);
  const created: LedgerRecord = { type: 'Created', ...key(4), provenBy: 'response', graphCallId: 'g' };
  expect(keepAfter([created])?.attempts.map(({ attempt }) => attempt)).toEqual([3, 4]);
});

it('keeps the latest attempt, though it was not sent: it decides what becomes of the call', () => {
  const released: LedgerRecord = { type: 'Released', callId: CALL_ID, attempt: 1, by: 'operator' };
  const notSent: LedgerRecord = { type: 'NotSent', ...key(2), why: 'no connection' };
  const rejected: LedgerRecord = { type: 'Rejected', ...key(1), error: GRAPH_ERROR };
  const records = [...(DIALLED['unknown'] ?? []), released, intent(2), notSent, END_REQUESTED, rejected];
  expect([keepAfter(records)?.phase, dispatchAfter(...records).phase]).toEqual(['cancelled', 'cancelled']);
});

it('hands out the same call for as long as no record changes it', () => {
  const kept = keepAfter([ACCEPTED]);
  expect(calls.get(CALL_ID, START_MS)).toBe(kept);
});

it('keeps the trace of the command until the call has failed', () => {
  keepAfter(SETTLED['created'] ?? []);
  expect(calls.traceOf(CALL_ID)).toBe(TRACE);
  calls.forget(CALL_ID);
  keepAfter(SETTLED['rejected'] ?? []);
  expect(calls.traceOf(CALL_ID)).toBeUndefined();
});

it.each([
  ['a call', ACCEPTED, LEDGER_MEMORY_MS],
  ['an end without a call', END_REQUESTED, ANNOUNCED_MEMORY_MS],
])('forgets %s as the ledger does, and gives back what it counted', (_what, record, memoryMs) => {
  keepAfter([record]);
  calls.forgetOutlived(START_MS + memoryMs);
  expect([calls.get(CALL_ID, START_MS + memoryMs)?.callId, forgotten]).toEqual([CALL_ID, []]);
  expect(calls.get(CALL_ID, START_MS + memoryMs + 1)).toBeUndefined();
  calls.forgetOutlived(START_MS + 2 * memoryMs);
  expect([forgotten, [...calls.all()], calls.waiting.inAll(), calls.announced.inAll()]).toEqual([[CALL_ID], [], 0, 0]);
});

it('takes no more memory for calls with large bodies than for small ones, once they are over', () => {
  const bytesOf = (padding: number): number => {
    const many = new KeptDispatches(() => undefined);
    const before = usedHeap();
    for (let index = 0; index < 2_000; index += 1) {
      const callId = CALL_ID.slice(0, -6) + String(index).padStart(6, '0');
      let dispatch: Dispatch | undefined;
      for (const record of SETTLED['created'] ?? []) {
        const call = { ...COMMAND.call, subject: 'x'.repeat(padding) + String(index) };
        const own = { ...record, callId, ...(record.type === 'Accepted' && { command: { ...record.command, call } }) };
        // As it comes from Kafka, where no text is shared.
        dispatch = reduce(dispatch, JSON.parse(JSON.stringify(own)) as LedgerRecord, START_MS).dispatch;
        if (dispatch !== undefined) dispatch = many.put(dispatch, START_MS, TRACE);
      }
    }
    const bytes = usedHeap() - before;
    expect([...many.all()]).toHaveLength(2_000);
    return bytes / 2_000;
  };
  bytesOf(1);
  const [small, large] = [bytesOf(1), bytesOf(4_000)];
  expect(large).toBeLessThan(small + 500);
  expect(large).toBeLessThan(3_000);
});

/** After a collection, which jest's processes do not offer by themselves. */
function usedHeap(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}
