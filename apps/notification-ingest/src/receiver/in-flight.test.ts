import { InFlight } from './in-flight.js';

it('takes no more callbacks at once than it may, and more when one is over', () => {
  const inFlight = new InFlight({ maxInFlight: 2, maxInFlightBytes: 100 });
  const first = inFlight.enter(1);
  expect(inFlight.enter(1)).not.toBeNull();
  expect(inFlight.enter(1)).toBeNull();
  first?.leave();
  expect(inFlight.enter(1)).not.toBeNull();
});

it('takes no more bytes at once than it may, but one callback whatever its size', () => {
  const inFlight = new InFlight({ maxInFlight: 10, maxInFlightBytes: 100 });
  const large = inFlight.enter(1_000);
  expect(large?.reserve(2_000)).toBe(true);
  expect(inFlight.enter(1)).toBeNull();
  large?.leave();
  expect(inFlight.enter(60)).not.toBeNull();
  expect(inFlight.enter(60)).toBeNull();
  expect(inFlight.enter(40)).not.toBeNull();
});

it('counts what comes unannounced as it comes', () => {
  const inFlight = new InFlight({ maxInFlight: 10, maxInFlightBytes: 100 });
  const [announced, unannounced] = [inFlight.enter(60), inFlight.enter(0)];
  expect(announced?.reserve(60)).toBe(true);
  expect([10, 30, 40, 41].map((bytes) => unannounced?.reserve(bytes))).toEqual([true, true, true, false]);
  expect(inFlight.enter(1)).toBeNull();
  unannounced?.leave();
  expect(inFlight.enter(40)).not.toBeNull();
});

it('tells when nothing is under way any more, and does not wait for ever', async () => {
  const inFlight = new InFlight({ maxInFlight: 10, maxInFlightBytes: 100 });
  await inFlight.drained(60_000);
  const place = inFlight.enter(1);
  await inFlight.drained(10);
  let isDrained = false;
  const drained = inFlight.drained(60_000).then(() => {
    isDrained = true;
  });
  await new Promise(setImmediate);
  expect(isDrained).toBe(false);
  place?.leave();
  await drained;
});
