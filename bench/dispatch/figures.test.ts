import { callsPerSecond, latencyMs, percentile } from './figures.js';

describe('percentile', () => {
  it('is the smallest value that the share of all values does not exceed', () => {
    const values = [5, 1, 4, 2, 3];
    expect([0.5, 0.6, 0.61, 0.99, 1].map((share) => percentile(values, share))).toEqual([3, 3, 4, 5, 5]);
    expect(percentile([7], 0.5)).toBe(7);
  });

  it('compares values as numbers', () => {
    expect(percentile([9, 10, 100], 0.5)).toBe(10);
  });

  it('is refused of no values', () => {
    expect(() => percentile([], 0.5)).toThrow('no values');
  });
});

describe('latencyMs', () => {
  it('is from the append to the arrival', () => {
    expect(latencyMs({ callId: 'a', appendedAtMs: 1_000 }, new Map([['a', 1_007.25]]))).toBe(7.25);
  });

  it('is refused of a create that has not arrived', () => {
    expect(() => latencyMs({ callId: 'b', appendedAtMs: 1_000 }, new Map([['a', 1_007]]))).toThrow('b has not arrived');
  });
});

it('callsPerSecond counts from the first append to the last answer', () => {
  const commands = [
    { callId: 'a', appendedAtMs: 1_000 },
    { callId: 'b', appendedAtMs: 1_100 },
  ];
  const arrivals = new Map([
    ['a', 2_300],
    ['b', 1_500],
    ['other', 9_000],
  ]);
  expect(callsPerSecond(commands, arrivals, 200)).toBeCloseTo(2 / 1.5);
});
