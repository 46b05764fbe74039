import { reduce, type Dispatch, type LedgerRecord } from '@callbus/contracts';
import { endStateOf } from './dispatcher-metrics.js';
import { ACCEPTED, CALL_ID, COMMAND, END_REQUESTED, GRAPH_ERROR, intent, key, START_MS } from './testing/dispatches.js';

/** The ends that a call comes to while these records are folded, one after the other. */
function endsOf(...records: readonly LedgerRecord[]): unknown[] {
  let before: Dispatch | undefined;
  return records.flatMap((record, index) => {
    const { dispatch, transition } = reduce(before, record, START_MS + index * 1_000);
    const end = dispatch === undefined || transition === null ? null : endStateOf(before, dispatch, transition);
    before = dispatch;
    return end ?? [];
  });
}

const created = { type: 'Created', ...key(1), provenBy: 'response', graphCallId: 'graph-1' } as const;
const unknown = { type: 'Unknown', ...key(1), why: 'no answer' } as const;

it.each<[string, LedgerRecord[]]>([
  ['created', [ACCEPTED, intent(1), created]],
  ['rejected', [ACCEPTED, intent(1), { type: 'Rejected', ...key(1), error: GRAPH_ERROR }]],
  ['invalid', [{ type: 'Invalid', callId: CALL_ID, command: COMMAND, requestHash: '1:00', faults: [] }]],
  [
    'expired',
    [
      { ...ACCEPTED, command: { ...COMMAND, notAfterMs: START_MS } } as LedgerRecord,
      { type: 'Expired', callId: CALL_ID, why: 'late' },
    ],
  ],
  ['cancelled', [ACCEPTED, END_REQUESTED]],
  ['forbidden', [ACCEPTED, { type: 'Forbidden', callId: CALL_ID, error: GRAPH_ERROR }]],
])('%s is an end', (end, records) => {
  expect(endsOf(...records)).toEqual([end]);
});

it('comes once, whatever is proven later', () => {
  const released: LedgerRecord = { type: 'Released', callId: CALL_ID, attempt: 1, by: 'policy' };
  expect(endsOf(ACCEPTED, intent(1), unknown, released, intent(2), created, { ...created, ...key(2) })).toEqual(['created']);
});

it('is nothing that may still become another', () => {
  expect(endsOf(ACCEPTED, intent(1), unknown, END_REQUESTED)).toEqual([]);
  expect(endsOf(ACCEPTED, intent(1), { type: 'Refused', ...key(1), retryAfterMs: 0, error: GRAPH_ERROR })).toEqual([]);
});
