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

it('admits unproven callbacks to half of its places only', () => {
  const inFlight = new InFlight({ maxInFlight: 4, maxInFlightBytes: 100 });
  const [first, second] = [inFlight.enterUnproven(), inFlight.enterUnproven()];
  expect(inFlight.enterUnproven()).toBeNull();
  expect([inFlight.enter(100), inFlight.enter(0), inFlight.enter(0)]).toEqual([expect.anything(), expect.anything(), null]);
  second?.leave();
  const third = inFlight.enterUnproven();
  expect(third).not.toBeNull();
  // One of the unproven half is free again, but none of all.
  third?.leave();
  inFlight.enter(0);
  expect(inFlight.enterUnproven()).toBeNull();
  expect(first?.prove(0)).not.toBeNull();
});

it('keeps the place of a callback that is proven, with the bytes that it has then', () => {
  const inFlight = new InFlight({ maxInFlight: 4, maxInFlightBytes: 100 });
  const [large, small] = [inFlight.enterUnproven(), inFlight.enterUnproven()];
  const proven = large?.prove(60);
  expect(small?.prove(60)).toBeNull();
  small?.leave();
  // A proven callback no longer counts as waiting.
  expect([inFlight.enterUnproven(), inFlight.enterUnproven(), inFlight.enter(0)].map((place) => place !== null)).toEqual([
    true,
    true,
    true,
  ]);
  expect(inFlight.enter(0)).toBeNull();
  proven?.leave();
  expect(inFlight.enter(100)).not.toBeNull();
});

it('admits an unproven callback when there is only one place', () => {
  const inFlight = new InFlight({ maxInFlight: 1, maxInFlightBytes: 100 });
  expect(inFlight.enterUnproven()?.prove(1_000)).not.toBeNull();
});

it('counts an unproven callback as in flight when it drains', async () => {
  const inFlight = new InFlight({ maxInFlight: 2, maxInFlightBytes: 100 });
  const place = inFlight.enterUnproven()?.prove(1);
  let isDrained = false;
  const drained = inFlight.drained(60_000).then(() => {
    isDrained = true;
  });
  await Promise.resolve();
  expect(isDrained).toBe(false);
  place?.leave();
  await drained;
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

it('is busy from a twentieth of its places or of its bytes on', () => {
  const inFlight = new InFlight({ maxInFlight: 40, maxInFlightBytes: 1_000 });
  expect(inFlight.isBusy()).toBe(false);
  const first = inFlight.enter(49);
  expect(inFlight.isBusy()).toBe(false);
  const second = inFlight.enter(0);
  expect(inFlight.isBusy()).toBe(true);
  second?.leave();
  expect(inFlight.isBusy()).toBe(false);
  first?.reserve(50);
  expect(inFlight.isBusy()).toBe(true);
});
