import { aheadMs, clockFinding, spanOfDate } from './clock-findings.js';

const ours = { fromMs: 10_000, toMs: 10_200 };
const at = (ms: number) => ({ theirs: { fromMs: ms, toMs: ms }, ours });

it.each([
  [10_000, 0],
  [10_100, 0],
  [10_200, 0],
  [9_000, 1_000],
  [11_000, -800],
])('knows of a clock that showed %i how far ours is ahead for certain: %i ms', (theirs, ahead) => {
  expect(aheadMs(at(theirs))).toBe(ahead);
});

it('does not hold the missing milliseconds of a Date header against it', () => {
  const date = spanOfDate('Thu, 01 Jan 1970 00:00:10 GMT');
  expect(date).toEqual({ fromMs: 10_000, toMs: 10_999 });
  expect(aheadMs({ theirs: date!, ours: { fromMs: 10_500, toMs: 10_600 } })).toBe(0);
  expect(spanOfDate('yesterday')).toBeNull();
});

it('fails when they differ by more than is allowed, and says which way', () => {
  const finding = (theirs: number) => clockFinding({ whose: 'the broker', ...at(theirs) }, 5_000);
  expect(finding(10_100)).toMatchObject({ check: 'clock of the broker', verdict: 'ok' });
  expect(finding(5_000)).toMatchObject({ verdict: 'ok', found: expect.stringContaining('5.0 s ahead of it') });
  expect(finding(4_000)).toMatchObject({ verdict: 'failed', found: expect.stringContaining('6.0 s ahead of it') });
  expect(finding(20_200)).toMatchObject({ verdict: 'failed', found: expect.stringContaining('10.0 s behind it') });
});
