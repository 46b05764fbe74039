import type { Caller } from './caller-tokens.js';
import { ReadBudgets } from './read-budgets.js';

const callerNamed = (appId: string): Caller => ({ appId, tenantId: 'tenant', roles: [] });
const CALLER = callerNamed('app');
const PER_SECOND = 100;

describe('a caller’s reads', () => {
  let nowMs = 0;
  let budgets: ReadBudgets;
  const spend = (ms: number, caller = CALLER): string =>
    budgets.spend(caller, () => {
      nowMs += ms;
      return 'read';
    });
  const refusedFor = (seconds: number): Error =>
    expect.objectContaining({ status: 429, options: { headers: { 'retry-after': String(seconds) } } }) as Error;
  beforeEach(() => {
    nowMs = 0;
    budgets = new ReadBudgets(PER_SECOND, () => nowMs);
  });

  it('may use the budget of a second; further reads are refused', () => {
    expect(spend(60)).toBe('read');
    expect(spend(60)).toBe('read');
    expect(() => spend(1)).toThrow(refusedFor(1));
  });

  it('are taken again as soon as what they took is paid off', () => {
    spend(PER_SECOND);
    nowMs += 20;
    expect(spend(1)).toBe('read');
  });

  it('that took far too long delay the next read accordingly, and Retry-After says so', () => {
    spend(PER_SECOND * 5);
    expect(() => spend(1)).toThrow(refusedFor(4));
    nowMs += 4_001;
    expect(spend(1)).toBe('read');
  });

  it('count when they fail, too', () => {
    expect(() =>
      budgets.spend(CALLER, () => {
        nowMs += PER_SECOND * 2;
        throw new Error('failed');
      }),
    ).toThrow('failed');
    expect(() => spend(1)).toThrow(refusedFor(1));
  });

  it('do not count against other callers', () => {
    spend(PER_SECOND * 5);
    expect(spend(1, callerNamed('other'))).toBe('read');
  });

  it('are forgotten when they are paid off', () => {
    for (let index = 0; index < 100; index += 1) spend(1, callerNamed(String(index)));
    nowMs += 1_000;
    spend(1);
    expect(budgets.size).toBe(1);
  });
});
