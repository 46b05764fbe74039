import type { Dispatch, LedgerRecord } from '@callbus/contracts';
import {
  ACCEPTED,
  CALL_ID,
  END_REQUESTED,
  factsAfter,
  intent,
  released,
  START_MS,
  TENANT_ID,
  unknown,
} from '../testing/call-records.js';
import { parkedCalls, type ParkedHistory } from './parked-calls.js';

const dispatch = (...records: LedgerRecord[]): Dispatch => factsAfter(...records).dispatch as Dispatch;
const parked = dispatch(ACCEPTED, intent(), unknown());
const HISTORY: ParkedHistory = { tenantId: TENANT_ID, attempt: 1, writtenAtMs: START_MS + 120_000 };

it('lists what the ledger has as unknown and the history as parked, since the ledger knows', () => {
  expect(parkedCalls(new Map([[CALL_ID, parked]]), new Map([[CALL_ID, HISTORY]]))).toEqual([
    {
      callId: CALL_ID,
      tenantId: TENANT_ID,
      attempt: 1,
      since: '2026-01-01T00:00:02.000Z',
      isEndRequested: false,
      isForgotten: false,
    },
  ]);
});

it('leaves out what is still in its grace period, what was released, and what the history parked in an earlier attempt', () => {
  expect(parkedCalls(new Map([[CALL_ID, parked]]), new Map())).toEqual([]);
  const after = dispatch(ACCEPTED, intent(), unknown(), released());
  const again = dispatch(ACCEPTED, intent(), unknown(), released(), intent(2), unknown(2));
  for (const one of [after, again]) expect(parkedCalls(new Map([[CALL_ID, one]]), new Map([[CALL_ID, HISTORY]]))).toEqual([]);
});

it.each([
  ['nothing', new Map<string, Dispatch>()],
  ['its end alone', new Map([[CALL_ID, dispatch(END_REQUESTED)]])],
])('lists as forgotten what the history has as parked and the ledger knows %s of', (_what, ledger) => {
  expect(parkedCalls(ledger, new Map([[CALL_ID, HISTORY]]))).toMatchObject([
    { callId: CALL_ID, tenantId: TENANT_ID, attempt: 1, since: '2026-01-01T00:02:00.000Z', isForgotten: true },
  ]);
});

it('says which cannot be released, and has the oldest first', () => {
  const older = dispatch(ACCEPTED, intent(), unknown(), END_REQUESTED);
  const attempts = older.attempts.map((attempt) => ({ ...attempt, closedAtMs: 0 }));
  const both = parkedCalls(
    new Map([
      [CALL_ID, parked],
      ['older', { ...older, attempts }],
    ]),
    new Map([
      [CALL_ID, HISTORY],
      ['older', HISTORY],
    ]),
  );
  expect(both.map(({ callId, isEndRequested }) => [callId, isEndRequested])).toEqual([
    ['older', true],
    [CALL_ID, false],
  ]);
});
