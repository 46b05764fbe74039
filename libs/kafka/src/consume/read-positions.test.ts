import { jest } from '@jest/globals';
import { ReadPositions } from './read-positions.js';

const STANDSTILL_MS = 1_000;

describe('a wait for records to be read', () => {
  let nowMs: number;
  let positions: ReadPositions;
  beforeEach(() => {
    jest.useFakeTimers();
    nowMs = 0;
    positions = new ReadPositions('calls.example', STANDSTILL_MS, { monotonicMs: () => nowMs });
  });
  afterEach(() => jest.useRealTimers());

  /** @returns how it ended, as far as it has */
  function outcome(wait: Promise<void>): { now: string } {
    const seen = { now: 'waits' };
    wait.then(
      () => (seen.now = 'read'),
      (error: unknown) => (seen.now = (error as Error).message),
    );
    return seen;
  }

  async function pass(ms: number): Promise<void> {
    nowMs += ms;
    await jest.advanceTimersByTimeAsync(ms);
  }

  it('is over at once when they were read already', async () => {
    positions.moved(0, 5n);
    await expect(positions.passed(new Map([[0, 4n]]))).resolves.toBeUndefined();
    await expect(positions.read([])).resolves.toBeUndefined();
  });

  it('goes on while records come, without an overall time limit', async () => {
    const wait = outcome(positions.passed(new Map([[0, 99n]])));
    for (let next = 1n; next < 100n; next += 1n) {
      await pass(STANDSTILL_MS - 1);
      positions.moved(0, next);
    }
    expect(wait.now).toBe('waits');
    positions.moved(0, 100n);
    await pass(0);
    expect(wait.now).toBe('read');
  });

  it('fails when no record came for standstillMs, and names the place', async () => {
    const wait = outcome(positions.passed(new Map([[0, 99n]])));
    positions.moved(0, 7n);
    await pass(STANDSTILL_MS - 1);
    expect(wait.now).toBe('waits');
    await pass(1);
    expect(wait.now).toContain('calls.example/0 stands still at offset 7, before 99');
  });

  it('fails although records come of a partition that it does not wait for', async () => {
    const ranges = [0, 1].map((partition) => ({ partition, start: 0n, end: 10n }));
    const wait = outcome(positions.read(ranges));
    positions.moved(0, 10n);
    await pass(STANDSTILL_MS / 2);
    positions.moved(0, 11n);
    await pass(STANDSTILL_MS / 2);
    expect(wait.now).toContain('calls.example/1 stands still at offset 0, before 9');
  });

  it('goes on for a partition whose turn comes late, while others that it waits for are read', async () => {
    const ranges = [0, 1].map((partition) => ({ partition, start: 0n, end: 10n }));
    const wait = outcome(positions.read(ranges));
    for (let next = 1n; next <= 9n; next += 1n) {
      await pass(STANDSTILL_MS - 1);
      positions.moved(0, next);
    }
    positions.moved(0, 10n);
    positions.moved(1, 10n);
    await pass(0);
    expect(wait.now).toBe('read');
  });

  it('reports its progress', () => {
    void positions.read([
      { partition: 0, start: 100n, end: 110n },
      { partition: 1, start: 0n, end: 10n },
      { partition: 2, start: 5n, end: 5n },
    ]);
    expect(positions.progress()).toEqual({ read: 0, of: 20 });
    positions.moved(0, 104n);
    expect(positions.progress()).toEqual({ read: 4, of: 20 });
    positions.moved(0, 200n);
    positions.moved(1, 10n);
    expect(positions.progress()).toEqual({ read: 20, of: 20 });
  });
});
