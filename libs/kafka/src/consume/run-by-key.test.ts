import fc from 'fast-check';
import type { ReceivedRecord } from '../port/kafka-client.js';
import { runByKey } from './run-by-key.js';

function batchOf(keys: readonly (string | null)[]): ReceivedRecord[] {
  return keys.map((key, index) => ({
    topic: 't',
    partition: 0,
    offset: BigInt(index),
    timestampMs: 0,
    key: key === null ? null : Buffer.from(key),
    value: null,
    headers: {},
  }));
}

const keys = fc.array(fc.option(fc.constantFrom('a', 'b', 'c', 'd'), { nil: null }), { maxLength: 40 });

describe('runByKey', () => {
  it('keeps each key’s order, and its result is the length of the front of whole lines', async () => {
    await fc.assert(
      fc.asyncProperty(keys, fc.nat(40), fc.nat(40), fc.integer({ min: 1, max: 8 }), async (given, failing, stopAfter, limit) => {
        const records = batchOf(given);
        const begun: bigint[] = [];
        const done: bigint[] = [];
        let running = 0;
        const front = await runByKey(
          records,
          limit,
          async (record) => {
            begun.push(record.offset);
            running += 1;
            expect(running).toBeLessThanOrEqual(limit);
            for (let turn = Number(record.offset) % 3; turn >= 0; turn -= 1) await Promise.resolve();
            running -= 1;
            if (record.offset === BigInt(failing)) return false;
            done.push(record.offset);
            return true;
          },
          () => begun.length < stopAfter,
        );
        for (const key of new Set(given)) {
          const ofKey = done.filter((offset) => given[Number(offset)] === key);
          expect(ofKey).toEqual(ofKey.toSorted((a, b) => Number(a - b)));
          // Nothing of a key comes after one that is not done.
          const all = given.flatMap((one, index) => (one === key ? [BigInt(index)] : []));
          expect(ofKey).toEqual(all.slice(0, ofKey.length));
        }
        const isWhole = (key: string | null | undefined): boolean =>
          given.every((one, index) => one !== key || done.includes(BigInt(index)));
        const broken = given.findIndex((key) => !isWhole(key));
        expect(front).toBe(broken === -1 ? given.length : broken);
        expect(new Set(begun).size).toBe(begun.length);
      }),
      { numRuns: 300 },
    );
  });

  it('says of each record whether it is the last of its key', async () => {
    const last: bigint[] = [];
    const run = ({ offset }: ReceivedRecord, isLastOfKey: boolean): Promise<boolean> => {
      if (isLastOfKey) last.push(offset);
      return Promise.resolve(true);
    };
    await runByKey(batchOf(['a', 'b', null, 'a', null]), 1, run, () => true);
    expect(last.toSorted()).toEqual([1n, 3n, 4n]);
  });

  it('lets other keys go on while one waits', async () => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const done: string[] = [];
    const front = runByKey(
      batchOf(['slow', 'quick', 'slow', 'quick']),
      8,
      async (record) => {
        const key = String(record.key);
        if (record.offset === 0n) await promise;
        done.push(key);
        if (done.length === 2) resolve(true);
        return true;
      },
      () => true,
    );
    expect(await front).toBe(4);
    expect(done).toEqual(['quick', 'quick', 'slow', 'slow']);
  });

  it.each([
    ['of one key', 'aaaaaa'],
    ['of different keys', 'abcdef'],
  ])('lets timers run between records %s that each keep the process busy', async (_what, keysOf) => {
    let beats = 0;
    const beat = setInterval(() => (beats += 1), 1);
    const beatsBefore: number[] = [];
    const keepBusy = (): Promise<boolean> => {
      beatsBefore.push(beats);
      const endMs = performance.now() + 60;
      while (performance.now() < endMs);
      return Promise.resolve(true);
    };
    await runByKey(batchOf([...keysOf]), 6, keepBusy, () => true);
    clearInterval(beat);
    // No timer is due before the first one, nor perhaps before the second.
    expect(new Set(beatsBefore).size).toBeGreaterThanOrEqual(beatsBefore.length - 1);
  });
});
