import { BrokerClock } from './broker-clock.js';

it('never runs ahead of what the broker has said, and goes on by itself', () => {
  let monotonicMs = 1_000;
  const clock = new BrokerClock(() => monotonicMs);
  expect(clock.nowMs()).toBe(-Infinity);
  clock.observe(50_000);
  monotonicMs += 10;
  expect(clock.nowMs()).toBe(50_010);
});

it('is not set back by an older timestamp, such as those read while catching up', () => {
  let monotonicMs = 0;
  const clock = new BrokerClock(() => monotonicMs);
  clock.observe(50_000);
  monotonicMs = 100;
  clock.observe(40_000);
  expect(clock.nowMs()).toBe(50_100);
  clock.observe(60_000);
  expect(clock.nowMs()).toBe(60_000);
});
