import type { Repair } from '@callbus/contracts';
import { KafkaError, UnprocessableRecordError } from '../port/errors.js';
import type { ConsumeOptions, ReceivedRecord, Tries, UnreadableBatch } from '../port/kafka-client.js';
import { RecordDelivery, type Assignment } from './record-delivery.js';

const RECORD: ReceivedRecord = {
  topic: 't',
  partition: 2,
  offset: 7n,
  timestampMs: 5,
  key: Buffer.from('a'),
  value: Buffer.from('v'),
  headers: { h: 'x' },
};
const BATCH: UnreadableBatch = {
  topic: 't',
  partition: 2,
  firstOffset: 7n,
  lastOffset: 9n,
  timestampMs: 5,
  reason: 'its checksum is wrong',
  isDamaged: true,
  bytes: Buffer.from('bytes'),
};
const AWAY = new KafkaError('UNREACHABLE', 'It is away.');
const CURRENT: Assignment = { signal: new AbortController().signal, isCurrent: () => true };

interface Letter extends Tries {
  readonly record: ReceivedRecord;
  readonly error: unknown;
}

/** A delivery that notes all that it does. */
function delivery(options: Partial<ConsumeOptions> = {}, order: Repair | null = null) {
  const lines: Record<string, unknown>[] = [];
  const measured: unknown[][] = [];
  const fatal: unknown[] = [];
  const letters: Letter[] = [];
  const line = (fields: object): unknown => lines.push({ ...fields });
  const nothing = (): void => undefined;
  const one = new RecordDelivery(
    {
      group: 'g',
      handler: () => Promise.resolve(),
      deadLetter: (record, error, tries) => Promise.resolve(void letters.push({ record, error, ...tries })),
      onFatal: (error) => fatal.push(error),
      ...options,
    },
    {
      unreadable: { orderFor: () => Promise.resolve(order) },
      metrics: { handled: (...what) => measured.push(what) },
      logger: { debug: nothing, info: line, warn: line, error: line },
    },
  );
  return { one, lines, measured, fatal, letters };
}

describe('a record', () => {
  it('is measured and logged once, with what its handler noted', async () => {
    const { one, lines, measured, letters } = delivery({
      handler: (_record, { note, isLastOfKey, attempt }) => {
        note({ callId: 'c', isLastOfKey, attempt });
        return Promise.resolve();
      },
    });
    expect(await one.deliver(RECORD, true, CURRENT)).toBe(true);
    const place = { topic: 't', partition: 2, offset: '7', group: 'g' };
    const noted = { callId: 'c', isLastOfKey: true, attempt: 1 };
    expect(lines).toEqual([{ ...place, ...noted, outcome: 'handled', attempts: 1, durationMs: expect.any(Number) }]);
    expect(measured).toEqual([['t', 'g', expect.any(Number)]]);
    expect(letters).toEqual([]);
  });

  it('is tried again after a transient error, with the time of its first try', async () => {
    const tries: Tries[] = [];
    const { one, lines } = delivery({
      handler: (_record, { attempt, firstTriedAtMs }) => {
        tries.push({ attempt, firstTriedAtMs });
        return attempt < 2 ? Promise.reject(AWAY) : Promise.resolve();
      },
    });
    expect(await one.deliver(RECORD, true, CURRENT)).toBe(true);
    const [first] = tries;
    expect(tries).toEqual([first, { ...first, attempt: 2 }]);
    expect(lines).toMatchObject([
      { err: AWAY, attempt: 1, disposition: { kind: 'retry' } },
      { outcome: 'handled', attempts: 2 },
    ]);
  });

  it('that cannot be handled is put aside as it came, and is done with', async () => {
    const error = new UnprocessableRecordError('NOT_ONE', 'x');
    const { one, lines, letters, fatal } = delivery({ handler: () => Promise.reject(error) });
    expect(await one.deliver(RECORD, true, CURRENT)).toBe(true);
    expect(letters).toEqual([{ record: RECORD, error, attempt: 1, firstTriedAtMs: expect.any(Number) }]);
    expect(lines.at(-1)).toMatchObject({ outcome: 'dead letter', attempts: 2 });
    expect(fatal).toEqual([]);
  });

  it('whose handler throws rather than rejects is put aside too', async () => {
    const { one, letters } = delivery({
      handler: () => {
        throw new TypeError('t');
      },
    });
    expect(await one.deliver(RECORD, true, CURRENT)).toBe(true);
    expect(letters).toHaveLength(1);
  });

  it('is handled once although its dead letter needs two sends', async () => {
    let handled = 0;
    let sends = 0;
    const { one } = delivery({
      handler: () => Promise.reject(new Error(`not this one ${(handled += 1)}`)),
      deadLetter: () => ((sends += 1) === 1 ? Promise.reject(AWAY) : Promise.resolve()),
    });
    expect(await one.deliver(RECORD, true, CURRENT)).toBe(true);
    expect([handled, sends]).toEqual([1, 2]);
  });

  it.each([
    ['with its key', RECORD.key, RECORD.key],
    ['without a key that is as large', Buffer.alloc(1_001), null],
  ])('that the dead letters’ topic refuses is put aside without its bytes, %s', async (_what, key, kept) => {
    const letters: ReceivedRecord[] = [];
    const { one } = delivery({
      handler: () => Promise.reject(new Error('not this one')),
      deadLetter: (record) => {
        letters.push(record);
        return letters.length === 1 ? Promise.reject(new KafkaError('RECORD_REFUSED', 'x')) : Promise.resolve();
      },
    });
    expect(await one.deliver({ ...RECORD, key }, true, CURRENT)).toBe(true);
    expect(letters[1]).toEqual({ ...RECORD, key: kept, value: null, headers: {} });
  });

  const unhandled = new Error('not this one');
  const refused = new KafkaError('RECORD_REFUSED', 'x');
  it.each<[string, Partial<ConsumeOptions>, unknown]>([
    ['there is no place for dead letters', { deadLetter: undefined as never }, unhandled],
    ['the dead letter is refused, however small', { deadLetter: () => Promise.reject(refused) }, refused],
  ])('is not passed over when %s: the error is fatal', async (_what, options, error) => {
    const { one, fatal, measured } = delivery({ handler: () => Promise.reject(unhandled), ...options });
    expect(await one.deliver(RECORD, true, CURRENT)).toBe(false);
    expect([fatal, measured]).toEqual([[error], []]);
  });

  it('that meets a broken invariant ends the process rather than be put aside', async () => {
    const broken = new KafkaError('INVARIANT', 'x');
    const { one, fatal, letters } = delivery({ handler: () => Promise.reject(broken) });
    expect(await one.deliver(RECORD, true, CURRENT)).toBe(false);
    expect([fatal, letters]).toEqual([[broken], []]);
  });

  it('is left to the next process when its assignment ends while it waits for a retry', async () => {
    const lost = new AbortController();
    let tries = 0;
    const { one, fatal, letters, measured } = delivery({
      handler: () => {
        tries += 1;
        setImmediate(() => {
          lost.abort();
        });
        return Promise.reject(AWAY);
      },
    });
    const assignment = { signal: lost.signal, isCurrent: () => !lost.signal.aborted };
    expect(await one.deliver(RECORD, true, assignment)).toBe(false);
    expect([tries, fatal, letters, measured]).toEqual([1, [], [], []]);
  });
});

describe('an unreadable batch', () => {
  const order = {} as Repair;

  it('is waited at without an order, and ends the consumer that is told to', async () => {
    const waiting = delivery({});
    expect(await waiting.one.passOver(BATCH, CURRENT)).toBe(false);
    expect([waiting.letters, waiting.fatal]).toEqual([[], []]);
    const ending = delivery({ atUnreadable: 'end', deadLetter: undefined as never });
    expect(await ending.one.passOver(BATCH, CURRENT)).toBe(false);
    expect(ending.fatal).toMatchObject([{ code: 'UNREADABLE_BATCH' }]);
  });

  it.each([
    ['with an order', BATCH, order],
    ['without one where no replica is whole', { ...BATCH, isDamaged: false }, null],
  ])('is put aside %s, with its bytes', async (_what, batch, given) => {
    const { one, letters } = delivery({}, given);
    expect(await one.passOver(batch, CURRENT)).toBe(true);
    const record = { topic: 't', partition: 2, offset: 7n, timestampMs: 5, key: null, value: BATCH.bytes, headers: {} };
    expect(letters).toMatchObject([{ record, error: { code: 'UNREADABLE_BATCH' }, attempt: 1 }]);
  });

  it('is passed over with an order where there is no place for dead letters', async () => {
    const { one, fatal } = delivery({ deadLetter: undefined as never }, order);
    expect(await one.passOver(BATCH, CURRENT)).toBe(true);
    expect(fatal).toEqual([]);
  });
});
