import type { Caller } from './caller-tokens.js';
import { UnknownEnds } from './unknown-ends.js';

const caller = (appId: string): Caller => ({ appId, tenantId: 'tenant', roles: [] });

it('accepts a limited number per caller and minute, and says when it accepts more', () => {
  let nowMs = 5_000;
  const ends = new UnknownEnds(2, () => nowMs);
  ends.take(caller('a'));
  nowMs += 20_000;
  ends.take(caller('a'));
  expect(() => {
    ends.take(caller('a'));
  }).toThrow(expect.objectContaining({ status: 429, options: { headers: { 'retry-after': '40' } } }) as Error);
  ends.take(caller('b'));
  nowMs += 40_000;
  ends.take(caller('a'));
});
