import { encodeLedgerRecord, type LedgerRecord } from '@callbus/contracts';
import type { ReceivedRecord } from '@callbus/kafka';
import { ACCEPTED, CALL_ID, END_REQUESTED, intent } from '../testing/call-records.js';
import { LedgerCalls } from './ledger-calls.js';

const OTHER_ID = 'c4a53e9e-4a0c-4c6c-9d52-7a3b0f4f7a11';

function recordOf(offset: bigint, value: Buffer, callId = CALL_ID): ReceivedRecord {
  return { topic: 'ledger', partition: 0, offset, timestampMs: 0, key: Buffer.from(callId), value, headers: {} };
}

/** Nobody can read the records with offset 5. */
function callsAfter(...records: readonly (readonly [bigint, LedgerRecord])[]): LedgerCalls {
  const calls = new LedgerCalls();
  for (const [offset, record] of records) calls.take(recordOf(offset, encodeLedgerRecord(record)));
  return calls;
}

describe('calls whose acceptance was unreadable', () => {
  it('are those with later records or a history, and no acceptance that can be read', () => {
    expect(callsAfter([6n, intent()]).lostIn(5n, [])).toEqual([CALL_ID]);
    expect(callsAfter([6n, intent()]).lostIn(5n, [CALL_ID, OTHER_ID])).toEqual([CALL_ID, OTHER_ID]);
    expect(callsAfter([4n, ACCEPTED], [6n, intent()]).lostIn(5n, [CALL_ID])).toEqual([]);
  });

  it('are none whose records all came before, nor those that only an EndCall names', () => {
    expect(callsAfter([4n, intent()], [6n, END_REQUESTED]).lostIn(5n, [])).toEqual([]);
  });

  it('are told of a damaged record by its key', () => {
    const calls = callsAfter([4n, ACCEPTED]);
    for (const callId of [CALL_ID, OTHER_ID, 'no callId']) calls.take(recordOf(5n, Buffer.from('{'), callId));
    expect(calls.damaged().map((record) => [record.reason, calls.lostBy(record)])).toEqual([
      ['NOT_JSON', []],
      ['NOT_JSON', [OTHER_ID]],
      ['NOT_JSON', []],
    ]);
    calls.take(recordOf(6n, Buffer.from('{"version":99}'), OTHER_ID));
    expect(
      calls
        .damaged()
        .slice(-1)
        .map((record) => [record.reason, calls.lostBy(record)]),
    ).toEqual([['UNKNOWN_VERSION', []]]);
  });
});
