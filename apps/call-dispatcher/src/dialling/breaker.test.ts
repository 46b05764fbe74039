import { Breaker } from './breaker.js';

let nowMs = 0;
const breaker = (): Breaker => new Breaker({ failures: 2, openMs: 1_000 }, () => nowMs);

it('pauses after so many connections in a row that did not come about', () => {
  const one = breaker();
  one.notConnected();
  expect(one.waitMs()).toBe(0);
  one.connected();
  one.notConnected();
  expect(one.waitMs()).toBe(0);
  one.notConnected();
  expect(one.waitMs()).toBe(1_000);
});

it('lets one attempt probe after each pause, and all once it connects', () => {
  const one = breaker();
  one.notConnected();
  one.notConnected();
  nowMs += 1_000;
  expect(one.waitMs()).toBe(0);
  one.begin();
  expect(one.waitMs()).toBe(1_000);
  one.connected();
  expect(one.waitMs()).toBe(0);
  one.begin();
  expect(one.waitMs()).toBe(0);
});
