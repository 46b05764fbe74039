import { encodeLedgerRecord, type LedgerRecord } from '@callbus/contracts';
import fc from 'fast-check';
import { BrokerClock } from './broker-clock.js';
import { Ledger, type LedgerOptions } from './ledger.js';
import { ACCEPTED, CALL_ID, COMMAND, END_REQUESTED, GRAPH_ERROR, intent, key, START_MS } from '../testing/dispatches.js';
import { MemoryLog } from '../testing/memory-log.js';
import { LOGGER } from '../testing/process-in-memory.js';

const OTHER_ID = 'b4a53e9e-4a0c-4c6c-9d52-7a3b0f4f7a12';

let brokerMs: number;
let log: MemoryLog;
let fatal: unknown[];
/** The offset that the relay's group has committed. */
let committed: bigint | Promise<bigint>;

beforeEach(() => {
  brokerMs = START_MS;
  log = new MemoryLog(() => brokerMs);
  committed = 0n;
  fatal = [];
});

function open(reportFrom: LedgerOptions['reportFrom'] = 0n): Promise<Ledger> {
  const onFatal = (error: unknown): void => {
    fatal.push(error);
  };
  return Ledger.open({
    client: log,
    sender: log.sender,
    topicPrefix: '',
    clock: new BrokerClock(),
    logger: LOGGER,
    reportFrom,
    relayPosition: async () => committed,
    onFatal,
  });
}

async function write(value: string | Buffer): Promise<void> {
  await log.sender.send([{ topic: 'dispatch-ledger', partition: 0, key: CALL_ID, value }]);
}

it('stops at a record of a newer version, and folds nothing behind it (G1)', async () => {
  const ledger = await open();
  await write(encodeLedgerRecord(ACCEPTED));
  await write(JSON.stringify({ version: 99, type: 'Forbidden', callId: CALL_ID }));
  await write(encodeLedgerRecord(intent(1)));
  expect(fatal).toMatchObject([{ code: 'UNKNOWN_VERSION' }]);
  expect(ledger.get(CALL_ID)?.phase).toBe('waiting');
});

it('goes on after a record that cannot be read', async () => {
  const ledger = await open();
  await write(encodeLedgerRecord(ACCEPTED));
  await write('no JSON');
  await write(encodeLedgerRecord(intent(1)));
  expect(fatal).toEqual([]);
  expect(ledger.get(CALL_ID)?.phase).toBe('open');
  expect(ledger.condition()).toEqual({ ok: true, reason: expect.stringMatching(/dispatch-ledger\/0 offset 1 \(NOT_JSON\)/) });
});

it('treats waiting calls as possibly dialled when records were lost, and unknown earlier commands as too old (G1)', async () => {
  const ledger = await open();
  await write(encodeLedgerRecord(ACCEPTED));
  log.passOver(START_MS + 10);
  await write(encodeLedgerRecord(intent(1)));
  expect(ledger.get(CALL_ID)).toMatchObject({ phase: 'open', attempts: [{ attempt: 1, nonce: '' }] });
  expect(ledger.hasLostRecords).toBe(true);
  expect([START_MS + 10, START_MS + 11].map((atMs) => ledger.mayHaveForgotten('another', atMs))).toEqual([true, false]);
});

it.each([
  ['far ahead', Number.MAX_SAFE_INTEGER],
  ['far behind', -1],
])(
  'takes no time for true that is %s in a batch that nobody can read: new commands are dialled, old ones are not',
  async (_where, atMs) => {
    const ledger = await open();
    await write(encodeLedgerRecord(ACCEPTED));
    const orderedAtMs = START_MS + 60_000;
    log.passOver(atMs, orderedAtMs);
    expect(ledger.get(CALL_ID)?.attempts).toMatchObject([{ nonce: '' }]);
    const [before, behind] = [orderedAtMs, orderedAtMs + 1].map((arrivedAtMs) => ledger.mayHaveForgotten('another', arrivedAtMs));
    expect([before, behind]).toEqual([true, false]);
  },
);

describe('a record of which a member is not as it is written', () => {
  it.each([
    ['no command', {}],
    ['a call that is text', { ...COMMAND, call: 'x' }],
    ['a tenant that is a number', { ...COMMAND, tenantId: 7 }],
    ['a time that is text', { ...COMMAND, notAfterMs: 'x' }],
    ['a time that no date reaches', { ...COMMAND, notAfterMs: 1e300 }],
  ])('takes no effect with %s', async (_what, command) => {
    const ledger = await open();
    await write(JSON.stringify({ version: 1, ...ACCEPTED, command }));
    expect(fatal).toEqual([]);
    expect(ledger.get(CALL_ID)).toBeUndefined();
    expect(ledger.condition()).toMatchObject({ reason: expect.stringMatching(/INVALID_MESSAGE/) as string });
  });

  it('takes no effect with an error that no text can name', async () => {
    const ledger = await open();
    const unknown: LedgerRecord = { type: 'Unknown', ...key(1), why: 'reset' };
    const released: LedgerRecord = { type: 'Released', callId: CALL_ID, attempt: 1, by: 'operator' };
    for (const record of [ACCEPTED, intent(1), unknown, released, intent(2)]) await write(encodeLedgerRecord(record));
    const error = { ...GRAPH_ERROR, code: { toString: 1 } };
    await write(JSON.stringify({ version: 1, type: 'Rejected', ...key(2), error }));
    expect(fatal).toEqual([]);
    expect(ledger.get(CALL_ID)?.phase).toBe('open');
  });

  it('takes effect where a release before this one wrote it so', async () => {
    const ledger = await open();
    await write(JSON.stringify({ version: 1, ...ACCEPTED, command: { ...COMMAND, notAfterMs: null } }));
    expect(ledger.get(CALL_ID)?.phase).toBe('waiting');
    const invalid = { ...ACCEPTED, callId: OTHER_ID, type: 'Invalid', faults: [] };
    await write(JSON.stringify({ version: 1, ...invalid, command: { ...COMMAND, notAfterMs: null, call: null } }));
    expect(ledger.get(OTHER_ID)?.phase).toBe('invalid');
  });

  it('ends no dispatcher, whatever the member is', async () => {
    const error = GRAPH_ERROR;
    const records: readonly LedgerRecord[] = [
      ACCEPTED,
      { type: 'Invalid', callId: CALL_ID, command: COMMAND, requestHash: '1:00', faults: [{ path: 'a', message: 'b' }] },
      END_REQUESTED,
      intent(1),
      { type: 'Unknown', ...key(1), why: 'reset', retryAfterMs: 1 },
      { type: 'Released', callId: CALL_ID, attempt: 1, by: 'operator', notAfterMs: START_MS },
      intent(2),
      { type: 'Refused', ...key(2), retryAfterMs: 1, error },
      { type: 'Rejected', ...key(2), error },
      { type: 'NotSent', ...key(2), why: 'x' },
      { type: 'Created', ...key(2), provenBy: 'response', graphCallId: 'g', call: {} },
      { type: 'Expired', callId: CALL_ID, why: 'late' },
    ];
    const members = records.flatMap((record, at) => Object.keys(record).map((name) => ({ at, name })));
    const places = members.flatMap(({ at, name }) => {
      const value: unknown = Reflect.get(records[at] as object, name);
      return ['', ...(typeof value === 'object' && value !== null ? Object.keys(value) : [])].map((inner) => ({
        at,
        name,
        inner,
      }));
    });
    const odd = fc.oneof(fc.constantFrom<unknown>(null, {}, [], 'x', -1, 1e300, { toString: 1 }, { toJSON: {} }), fc.jsonValue());
    const changed = fc.record({ place: fc.constantFrom(...places), odd });
    await fc.assert(
      fc.asyncProperty(
        fc.array(changed, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 8 }),
        async (changes, skip) => {
          log = new MemoryLog(() => brokerMs);
          fatal = [];
          const ledger = await open();
          for (const [at, record] of records.entries()) {
            // Some come and others do not, so that each meets the call in many a phase.
            if (at > 3 && at % skip === 1) continue;
            const plain: Record<string, unknown> = JSON.parse(encodeLedgerRecord(record).toString());
            for (const { place, odd: value } of changes.filter((one) => one.place.at === at)) {
              const known = plain[place.name] as object;
              plain[place.name] = place.inner === '' ? value : { ...known, [place.inner]: value };
            }
            await write(JSON.stringify(plain));
          }
          expect(fatal).toEqual([]);
          await ledger.stop();
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('the report of a record', () => {
  it('is kept until the relay’s group has committed it', async () => {
    const ledger = await open();
    await write(encodeLedgerRecord(ACCEPTED));
    await ledger.forgetReported();
    expect(await ledger.reportAt(0n)).toMatchObject([{ kind: 'accepted' }]);
  });

  it('is empty when another process sent it while this one was paused with the record in memory', async () => {
    const ledger = await open();
    await write(encodeLedgerRecord(ACCEPTED));
    await write(encodeLedgerRecord(intent(1)));
    committed = 2n;
    await ledger.forgetReported();
    expect(await ledger.reportAt(0n)).toEqual([]);
    expect(await ledger.reportAt(1n)).toEqual([]);
  });

  it('fails transiently when Kafka does not say whether another process has sent it', async () => {
    await write(encodeLedgerRecord(ACCEPTED));
    const ledger = await open(1n);
    committed = Promise.reject(new Error('the coordinator is away'));
    await expect(ledger.reportAt(0n)).rejects.toMatchObject({ code: 'FOLLOWER_LATE' });
  });

  it('ends the process when it was forgotten and somebody set the relay’s offsets back: a restart recomputes it', async () => {
    await write(encodeLedgerRecord(ACCEPTED));
    const ledger = await open(1n);
    await expect(ledger.reportAt(0n)).rejects.toMatchObject({ code: 'INVARIANT' });
    expect(await (await open(0n)).reportAt(0n)).toMatchObject([{ kind: 'accepted' }]);
  });
});

describe('a ledger that is older than its retention', () => {
  const DAY_MS = 24 * 60 * 60 * 1_000;
  const LATER: LedgerRecord = { ...ACCEPTED, callId: OTHER_ID };

  /** Answers of a process that has run since the start, and of one that starts now and reads the whole topic. */
  async function afterDays(days: number, ...records: readonly LedgerRecord[]): Promise<readonly Ledger[]> {
    const first = await open();
    for (const record of records) await write(encodeLedgerRecord(record));
    brokerMs += days * DAY_MS;
    await write(encodeLedgerRecord(LATER));
    return [first, await open()];
  }

  it('forgets calls as their topic does, and puts their commands aside from then on (G1)', async () => {
    for (const ledger of await afterDays(46, ACCEPTED, intent(1))) {
      expect(ledger.get(CALL_ID)).toBeUndefined();
      expect([ledger.mayHaveForgotten(CALL_ID, START_MS), ledger.mayHaveForgotten(CALL_ID, brokerMs)]).toEqual([true, false]);
    }
  });

  it('puts commands aside that came up to a day before that too, since brokers’ clocks may differ', async () => {
    for (const ledger of await afterDays(46, ACCEPTED)) {
      expect(ledger.mayHaveForgotten(CALL_ID, START_MS + 1.5 * DAY_MS)).toBe(true);
      expect(ledger.mayHaveForgotten(CALL_ID, START_MS + 2.5 * DAY_MS)).toBe(false);
    }
  });

  it('knows calls for as long as their topic keeps them', async () => {
    for (const ledger of await afterDays(44, ACCEPTED, intent(1))) {
      expect(ledger.get(CALL_ID)?.phase).toBe('open');
      expect(ledger.mayHaveForgotten(CALL_ID, START_MS)).toBe(false);
    }
  });

  it('ignores an outcome that comes after its call is forgotten, in every process', async () => {
    const ledgers = await afterDays(46, ACCEPTED, intent(1));
    await write(encodeLedgerRecord({ type: 'Unknown', callId: CALL_ID, attempt: 1, why: 'late' }));
    expect(ledgers.map((ledger) => ledger.get(CALL_ID))).toEqual([undefined, undefined]);
  });

  it.each([
    [2, 'cancelled'],
    [4, 'waiting'],
  ])('has a call that comes %i days after its end as %s, in every process', async (days, phase) => {
    const ledgers = await afterDays(days, END_REQUESTED);
    await write(encodeLedgerRecord(ACCEPTED));
    expect([...ledgers, await open()].map((ledger) => ledger.get(CALL_ID)?.phase)).toEqual([phase, phase, phase]);
  });

  it('calls its listeners when it forgets a call', async () => {
    const ledger = await open();
    const forgotten: string[] = [];
    ledger.onForgotten(({ callId }) => forgotten.push(callId));
    await write(encodeLedgerRecord(ACCEPTED));
    brokerMs += 46 * DAY_MS;
    await write(encodeLedgerRecord(LATER));
    expect(forgotten).toEqual([CALL_ID]);
  });
});
