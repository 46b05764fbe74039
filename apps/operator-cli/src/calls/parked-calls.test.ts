import type { Dispatch, LedgerRecord } from '@callbus/contracts';
import { ACCEPTED, CALL_ID, END_REQUESTED, factsAfter, intent, released, TENANT_ID, unknown } from '../testing/call-records.js';
import { parkedCalls } from './parked-calls.js';

const dispatch = (...records: LedgerRecord[]): Dispatch => factsAfter(...records).dispatch as Dispatch;
const parked = dispatch(ACCEPTED, intent(), unknown());

it('lists what the ledger has as unknown and the history as parked, since the ledger knows', () => {
  expect(parkedCalls([parked], new Map([[CALL_ID, 1]]))).toEqual([
    { callId: CALL_ID, tenantId: TENANT_ID, attempt: 1, since: '2026-01-01T00:00:02.000Z', isEndRequested: false },
  ]);
});

it('leaves out what is still in its grace period, what was released, and what the history parked in an earlier attempt', () => {
  expect(parkedCalls([parked], new Map())).toEqual([]);
  const after = dispatch(ACCEPTED, intent(), unknown(), released());
  const again = dispatch(ACCEPTED, intent(), unknown(), released(), intent(2), unknown(2));
  expect(parkedCalls([after, again], new Map([[CALL_ID, 1]]))).toEqual([]);
});

it('says which cannot be released, and has the oldest first', () => {
  const older = { ...dispatch(ACCEPTED, intent(), unknown(), END_REQUESTED), callId: 'older' };
  const attempts = older.attempts.map((attempt) => ({ ...attempt, closedAtMs: 0 }));
  const both = parkedCalls(
    [parked, { ...older, attempts }],
    new Map([
      [CALL_ID, 1],
      ['older', 1],
    ]),
  );
  expect(both.map(({ callId, isEndRequested }) => [callId, isEndRequested])).toEqual([
    ['older', true],
    [CALL_ID, false],
  ]);
});
