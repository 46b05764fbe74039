import { ConsumerLag } from './consumer-lag.js';

let nowMs = 0;
let lag: ConsumerLag;

beforeEach(() => {
  nowMs = 0;
  lag = new ConsumerLag(() => nowMs);
});

it('counts over its partitions what is fetched or said to be there, until it is done with', () => {
  lag.fetched(0, 10n, 15n);
  lag.fetched(1, 0n, 2n);
  expect(lag.records()).toBe(7);
  lag.done(0, 14n);
  lag.done(1, 2n);
  expect(lag.records()).toBe(1);
});

it('ages while there is something to read and nothing gets done, and not while it is idle', () => {
  lag.fetched(0, 0n, 1n);
  lag.done(0, 1n);
  nowMs = 60_000;
  expect(lag.ageSeconds()).toBe(0);
  lag.fetched(0, 1n, 3n);
  nowMs = 65_000;
  expect(lag.ageSeconds()).toBe(5);
  lag.fetched(0, 1n, 4n);
  expect(lag.ageSeconds()).toBe(5);
  lag.done(0, 2n);
  expect(lag.ageSeconds()).toBe(0);
  nowMs = 66_000;
  expect(lag.ageSeconds()).toBe(1);
});

it('is as old as the partition that waits longest', () => {
  lag.fetched(0, 0n, 1n);
  nowMs = 1_000;
  lag.fetched(1, 0n, 1n);
  nowMs = 3_000;
  lag.done(1, 1n);
  expect(lag.ageSeconds()).toBe(3);
});

it('forgets the partitions that went to another process', () => {
  lag.fetched(0, 0n, 5n);
  lag.fetched(1, 0n, 2n);
  lag.keep([1]);
  expect(lag.records()).toBe(2);
});
