import { preferredWaitSeconds } from './preferences.js';

describe('a wait that a caller prefers', () => {
  it.each([
    ['wait=10', 10],
    ['respond-async, wait=10', 10],
    ['return=minimal; foo="bar",WAIT = "7"', 7],
    ['wait=0', 0],
    ['wait=100000', 60],
  ])('is read from %s', (prefer, seconds) => {
    expect(preferredWaitSeconds(prefer, 60)).toBe(seconds);
  });

  it.each([undefined, '', 'respond-async', 'wait', 'wait=', 'wait=-1', 'wait=1.5', 'wait=ten', 'await=10', 'wait=9999999'])(
    'is not read from %s',
    (prefer) => {
      expect(preferredWaitSeconds(prefer, 60)).toBeNull();
    },
  );
});
