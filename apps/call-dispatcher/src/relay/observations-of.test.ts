import { reduce, type Dispatch, type LedgerRecord, type Observation } from '@callbus/contracts';
import { observationsOf } from './observations-of.js';
import {
  ACCEPTED,
  APP_ID,
  CALL_ID,
  COMMAND,
  END_REQUESTED,
  GRAPH_ERROR,
  intent,
  key,
  ORPHAN_MS,
  START_MS,
  TENANT_ID,
} from '../testing/dispatches.js';

/** What is told of each of the records, appended one second after the other; what expires does so late enough. */
function told(...records: readonly LedgerRecord[]): Observation[][] {
  let before: Dispatch | undefined;
  return records.map((record, index) => {
    const appendedAtMs = START_MS + index * 1_000 + (record.type === 'Expired' ? 120_000 : 0);
    const { dispatch, transition } = reduce(before, record, appendedAtMs);
    const observations =
      dispatch === undefined || transition === null
        ? []
        : observationsOf(before, dispatch, transition, { offset: BigInt(index), appendedAtMs });
    before = dispatch;
    return [...observations];
  });
}

const unknown: LedgerRecord = { type: 'Unknown', ...key(1), why: 'reset' };
const rejected = (attempt: number): LedgerRecord => ({ type: 'Rejected', ...key(attempt), error: GRAPH_ERROR });
const created = (attempt: number): LedgerRecord => ({
  type: 'Created',
  ...key(attempt),
  provenBy: 'response',
  graphCallId: 'graph-1',
  call: { id: 'graph-1' },
});

it('tells what was accepted, with an id that follows from the record’s place', () => {
  expect(told(ACCEPTED)).toEqual([
    [
      {
        kind: 'accepted',
        id: 'ledger-0-accepted',
        callId: CALL_ID,
        tenantId: TENANT_ID,
        appId: APP_ID,
        receivedAt: '2026-01-01T00:00:00.000Z',
        requestHash: '1:00',
        callKind: 'peer',
        media: 'service',
        notAfter: new Date(COMMAND.notAfterMs).toISOString(),
        ifUnknown: 'park',
      },
    ],
  ]);
});

it('tells whether the rosters of the call will be deltas', () => {
  const call = { ...COMMAND.call, callOptions: { isDeltaRosterEnabled: true } };
  const record = { ...ACCEPTED, command: { ...COMMAND, call } };
  expect(told(record)[0]).toMatchObject([{ kind: 'accepted', isDeltaRosterEnabled: true }]);
});

it('tells a created call with the time of its dial, and nothing of the Intent', () => {
  expect(told(ACCEPTED, intent(1), created(1)).slice(1)).toEqual([
    [],
    [
      expect.objectContaining({
        id: 'ledger-2-created',
        outcome: 'created',
        attempt: 1,
        dialledAt: '2026-01-01T00:00:01.000Z',
        provenBy: 'response',
        graphCallId: 'graph-1',
        call: { id: 'graph-1' },
      }),
    ],
  ]);
});

it('tells a repeated or void record as nothing', () => {
  expect(told(ACCEPTED, intent(1), created(1), ACCEPTED, created(1)).slice(3)).toEqual([[], []]);
});

it.each<[string, LedgerRecord[], object]>([
  ['rejected', [intent(1), rejected(1)], { reason: 'rejected', error: GRAPH_ERROR }],
  ['rejected', [{ type: 'Forbidden', callId: CALL_ID, error: GRAPH_ERROR }], { reason: 'rejected', error: GRAPH_ERROR }],
  ['expired', [{ type: 'Expired', callId: CALL_ID, why: 'too late' }], { reason: 'expired', error: { message: 'too late' } }],
  ['cancelled', [END_REQUESTED], { reason: 'cancelled' }],
])('tells a call that was %s as failed', (_name, records, outcome) => {
  expect(told(ACCEPTED, ...records).at(-1)).toMatchObject([{ kind: 'outcome', outcome: 'failed', ...outcome }]);
});

it('tells an invalid call as failed, with every fault', () => {
  const faults = [{ path: 'call.targets', message: 'must be there' }];
  const invalid: LedgerRecord = { type: 'Invalid', callId: CALL_ID, command: COMMAND, requestHash: '1:00', faults };
  expect(told(invalid)).toMatchObject([[{ outcome: 'failed', reason: 'invalid', error: { details: faults } }]]);
});

it('tells a call that was ended before it was known as accepted and cancelled', () => {
  expect(told(END_REQUESTED, ACCEPTED)).toMatchObject([
    [],
    [{ kind: 'accepted' }, { kind: 'outcome', outcome: 'failed', reason: 'cancelled' }],
  ]);
});

it('tells an open attempt that closes unsent after the end was asked for as cancelled', () => {
  const notSent: LedgerRecord = { type: 'NotSent', ...key(1), why: 'ended' };
  expect(told(ACCEPTED, intent(1), END_REQUESTED, notSent).slice(2)).toMatchObject([
    [],
    [{ outcome: 'failed', reason: 'cancelled' }],
  ]);
});

it('tells an unknown outcome, and later its proof', () => {
  const proof: LedgerRecord = { type: 'Created', callId: CALL_ID, attempt: 1, provenBy: 'callback', graphCallId: 'graph-1' };
  expect(told(ACCEPTED, intent(1), unknown, proof).slice(2)).toMatchObject([
    [{ outcome: 'unknown', attempt: 1, why: 'reset' }],
    [{ outcome: 'created', provenBy: 'callback' }],
  ]);
});

it('tells the failure of a later attempt as unknown while an earlier one is', () => {
  const released: LedgerRecord = { type: 'Released', callId: CALL_ID, attempt: 1, by: 'operator' };
  const toldOf = (...records: LedgerRecord[]) => told(ACCEPTED, intent(1), unknown, released, ...records).slice(3);
  const earlier = expect.stringContaining('an earlier attempt may have dialled');
  expect(toldOf(intent(2), rejected(2))).toMatchObject([[], [], [{ outcome: 'unknown', attempt: 2, why: earlier }]]);
  expect(toldOf({ type: 'Expired', callId: CALL_ID, why: 'late' })).toMatchObject([[], [{ outcome: 'unknown', attempt: 1 }]]);
  expect(toldOf(END_REQUESTED)).toMatchObject([[], [{ outcome: 'unknown', attempt: 1, why: earlier }]]);
});

it('tells nothing of what comes to be tried again', () => {
  const refused: LedgerRecord = { type: 'Refused', ...key(1), retryAfterMs: ORPHAN_MS, error: GRAPH_ERROR };
  expect(told(ACCEPTED, intent(1), refused).at(-1)).toEqual([]);
});
