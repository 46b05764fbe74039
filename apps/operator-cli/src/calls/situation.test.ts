import { encodeLedgerRecord, type LedgerRecord, type Snapshot } from '@callbus/contracts';
import {
  ACCEPTED,
  CALL_ID,
  created,
  END_REQUESTED,
  expired,
  factsAfter,
  factsReadAt,
  intent,
  PARKED,
  refused,
  rejected,
  released,
  snapshotOf,
  START_MS,
  TENANT_ID,
  unknown,
} from '../testing/call-records.js';
import { CallFacts } from './call-facts.js';
import { situationOf, type Situation } from './situation.js';

const DAY_MS = 24 * 60 * 60 * 1000;

const after = (records: readonly LedgerRecord[], snapshot?: Snapshot): Situation => {
  const facts = factsAfter(...records);
  facts.snapshot = snapshot;
  return situationOf(facts);
};

it.each<[string, LedgerRecord[], Snapshot | undefined, Situation]>([
  ['nothing', [], undefined, { kind: 'unheard-of' }],
  ['an end alone', [END_REQUESTED], undefined, { kind: 'announced' }],
  ['its acceptance', [ACCEPTED], undefined, { kind: 'waiting', notAfterMs: START_MS + 120_000 }],
  ['a refusal for now', [ACCEPTED, intent(), refused()], undefined, { kind: 'waiting', notAfterMs: START_MS + 120_000 }],
  ['an Intent', [ACCEPTED, intent()], undefined, { kind: 'dialling', attempt: 1, orphanAtMs: START_MS + 41_000 }],
  ['a lost reply', [ACCEPTED, intent(), unknown()], undefined, { kind: 'unknown', attempt: 1 }],
  ['the grace period', [ACCEPTED, intent(), unknown()], PARKED, parked({})],
  ['its end while parked', [ACCEPTED, intent(), unknown(), END_REQUESTED], PARKED, parked({ isReleasable: false })],
  ['a release', [ACCEPTED, intent(), unknown(), released()], PARKED, { kind: 'waiting', notAfterMs: START_MS + 120_000 }],
  [
    'a second lost reply, while the history still has the first',
    [ACCEPTED, intent(), unknown(), released(), intent(2), unknown(2)],
    PARKED,
    { kind: 'unknown', attempt: 2 },
  ],
  ['a release that came too late', [ACCEPTED, intent(), unknown(), released(), expired], PARKED, parked({})],
  ['its creation', [ACCEPTED, intent(), created()], undefined, { kind: 'live', attempt: 1, state: null, isEndRefused: false }],
  [
    'a refused end',
    [ACCEPTED, intent(), created(), END_REQUESTED],
    snapshotOf({ phase: 'created', isEndRefused: true, endRefusedRequest: 1 }),
    { kind: 'live', attempt: 1, state: null, isEndRefused: true },
  ],
  [
    'a refused end that was asked for again',
    [ACCEPTED, intent(), created(), END_REQUESTED, END_REQUESTED],
    snapshotOf({ phase: 'created', isEndRefused: true, endRefusedRequest: 1 }),
    { kind: 'live', attempt: 1, state: null, isEndRefused: false },
  ],
  ['its end', [ACCEPTED, intent(), created()], snapshotOf({ phase: 'ended' }), { kind: 'ended' }],
  ['a refusal', [ACCEPTED, intent(), rejected()], undefined, { kind: 'failed', reason: 'rejected' }],
  ['its expiry', [ACCEPTED, expired], undefined, { kind: 'failed', reason: 'expired' }],
  ['an end before it', [END_REQUESTED, ACCEPTED], undefined, { kind: 'failed', reason: 'cancelled' }],
])('is told after %s', (_what, records, snapshot, situation) => {
  expect(after(records, snapshot)).toEqual(situation);
});

it('is told to have ended when its snapshot was deleted, long after', () => {
  expect(situationOf(factsReadAt(START_MS + 36 * DAY_MS, ACCEPTED, intent(), created()))).toEqual({ kind: 'ended' });
});

it('is told to be forgotten, and not releasable, when it stayed parked for longer than the dispatchers know it', () => {
  const after = (days: number): Situation => {
    const facts = factsReadAt(START_MS + days * DAY_MS, ACCEPTED, intent(), unknown());
    facts.snapshot = PARKED;
    return situationOf(facts);
  };
  expect(after(44)).toEqual(parked({}));
  expect(after(46)).toEqual({ kind: 'forgotten', attempt: 1 });
});

it('begins anew in the ledger when its records come after it was forgotten', () => {
  const facts = factsReadAt(START_MS + 50 * DAY_MS, ACCEPTED, intent(), unknown());
  const key = Buffer.from(CALL_ID);
  const place = { topic: 't', partition: 0, offset: 9n, timestampMs: START_MS + 50 * DAY_MS, headers: {} };
  facts.takeLedger({ ...place, key, value: encodeLedgerRecord(END_REQUESTED) });
  expect(situationOf(facts)).toEqual({ kind: 'announced' });
});

it.each<[Snapshot, Situation]>([
  [snapshotOf({ phase: 'ended', attempt: 1 }), { kind: 'ended' }],
  [snapshotOf({ phase: 'failed', failure: { reason: 'expired', error: null } }), { kind: 'failed', reason: 'expired' }],
  [
    snapshotOf({ phase: 'created', attempt: 2, state: 'established' }),
    { kind: 'live', attempt: 2, state: 'established', isEndRefused: false },
  ],
  [PARKED, { kind: 'forgotten', attempt: 1 }],
])('is told by the history where the ledger does not reach back', (snapshot, situation) => {
  expect(situationOf({ dispatch: undefined, isInLedger: false, snapshot, readAtMs: START_MS })).toEqual(situation);
});

it('takes no notice of other calls, and of what cannot be read', () => {
  const facts = new CallFacts(CALL_ID);
  const record = { topic: 't', partition: 0, offset: 0n, timestampMs: 0, headers: {} };
  facts.takeLedger({ ...record, key: Buffer.from(CALL_ID), value: Buffer.from('not JSON') });
  facts.takeLedger({ ...record, key: Buffer.from('another'), value: encodeLedgerRecord(ACCEPTED) });
  facts.takeEvent({ ...record, key: Buffer.from(CALL_ID), value: null });
  expect([facts.dispatch, facts.ledger, facts.events]).toEqual([undefined, [], []]);
});

it('stops at what a newer release wrote, rather than guess', () => {
  const newer = Buffer.from(JSON.stringify({ ...ACCEPTED, version: 99 }));
  const record = { topic: 't', partition: 0, offset: 0n, timestampMs: 0, headers: {}, key: Buffer.from(CALL_ID), value: newer };
  expect(() => {
    new CallFacts(CALL_ID).takeLedger(record);
  }).toThrow('99');
});

function parked(changes: object): Situation {
  return { kind: 'parked', attempt: 1, tenantId: TENANT_ID, isReleasable: true, ...changes };
}
