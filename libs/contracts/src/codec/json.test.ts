import { readFileSync } from 'node:fs';
import { decodeCloudEvent } from './cloud-event.js';
import { decodeLedgerRecord, encodeLedgerRecord } from '../ledger/ledger-records.js';
import { parseInput, parseJson } from './json.js';
import { carriedBody, decodeObservation, encodeObservation, type NotificationObservation } from '../observations/observations.js';
import { decodeRepair, encodeRepair } from '../topics/repairs.js';
import { decodeSnapshot } from '../snapshots/snapshots.js';

const MIB = 1024 * 1024;
const CALL_ID = '6f9619ff-8b86-4011-b42d-00c04fc964ff';
const NOTIFICATION: NotificationObservation = {
  kind: 'notification',
  id: 'n1',
  callId: CALL_ID,
  tenantId: CALL_ID,
  appId: CALL_ID,
  attempt: 1,
  receivedAt: '2026-01-01T00:00:00.000Z',
  headers: {},
  claims: {},
  body: '{}',
};
const REPAIR = {
  topic: 't',
  partition: 0,
  firstOffset: '1',
  lastOffset: '1',
  reason: 'r',
  operator: 'me',
  time: '2026-01-01T00:00:00Z',
};
const EVENT = { specversion: '1.0', id: '1', source: '/calls/1', type: 'CallCreated', data: {} };
const SNAPSHOT = readFileSync(new URL('../../fixtures/snapshots/snapshot.json', import.meta.url));

describe.each<[string, (value: Buffer) => unknown, Buffer, number]>([
  [
    'a record of the ledger',
    decodeLedgerRecord,
    encodeLedgerRecord({ type: 'EndRequested', callId: CALL_ID, tenantId: CALL_ID }),
    8,
  ],
  ['a snapshot', decodeSnapshot, SNAPSHOT, 8],
  ['an event', (value) => decodeCloudEvent(value, {}), Buffer.from(JSON.stringify(EVENT)), 8],
  ['an order to pass over records', decodeRepair, encodeRepair(REPAIR).value, 8],
  ['an observation', decodeObservation, encodeObservation(NOTIFICATION), 49],
])('%s', (_what, decode, value, mib) => {
  it('is not parsed when it is larger than any that a service writes, however small it was on the wire', () => {
    const ofSize = (bytes: number) => Buffer.concat([value, Buffer.alloc(bytes - value.length, ' ')]);
    expect(decode(ofSize(mib * MIB))).toBeDefined();
    expect(() => decode(ofSize(mib * MIB + 1))).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }));
  });
});

it.each([
  ['JSON', `[${'"",'.repeat((7 * MIB - 4) / 3)}""]`, 9],
  ['body full of NUL', '\0'.repeat(7 * MIB), 42],
])('an observation holds the largest %s that a receiver takes', (_what, body, mib) => {
  const encoded = encodeObservation({ ...NOTIFICATION, ...carriedBody(Buffer.from(body)) });
  expect(encoded.length).toBeGreaterThan(mib * MIB);
  expect(decodeObservation(encoded)).toMatchObject({ kind: 'notification' });
});

/** The least of many runs: what else the machine does adds time, and takes none away. */
function leastMs(work: () => unknown): number {
  const runs = Array.from({ length: 15 }, () => {
    const startMs = performance.now();
    work();
    return performance.now() - startMs;
  });
  return Math.min(...runs);
}

it('JSON from outside with very many values takes little longer to read than to parse', () => {
  const json = Buffer.from(`[${'1,'.repeat(MIB / 2 - 1)}1]`);
  expect(leastMs(() => parseInput(json)) / leastMs(() => parseJson(json))).toBeLessThan(5);
});

it.each([
  ['[0,{"a":["\\u0000"]}]', '$[1].a[0] has half of a surrogate pair, or NUL'],
  ['{"a":[{"\\ud800":1}]}', '$.a[0] has a member whose name has half of a surrogate pair, or NUL'],
  ['1e999', '$ is a number out of range'],
])('names the place of the fault in %s', (text, message) => {
  expect(() => parseInput(Buffer.from(text))).toThrow(
    expect.objectContaining({ code: 'NOT_I_JSON', message: expect.stringContaining(`${message}. `) }),
  );
});
