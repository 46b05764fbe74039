import { retryAfterMsOf } from './response-headers.js';

it.each([
  ['5', 5_000],
  ['2.128', 2_128],
  ['0', 0],
  ['soon', 1_000],
  ['-5', 1_000],
  ['1e3', 1_000],
  ['99999999999999', 86_400_000],
])('reads %s', (retryAfter, waitMs) => {
  expect(retryAfterMsOf({ 'retry-after': retryAfter })).toBe(waitMs);
});

it('counts a date from the answer’s own date', () => {
  const date = 'Tue, 24 Nov 2026 10:00:00 GMT';
  const later = 'Tue, 24 Nov 2026 10:00:07 GMT';
  expect(retryAfterMsOf({ 'retry-after': later, date })).toBe(7_000);
  expect(retryAfterMsOf({ 'retry-after': later }, Date.parse(date))).toBe(7_000);
  expect(retryAfterMsOf({ 'retry-after': date, date: later })).toBe(0);
  expect(retryAfterMsOf({ 'retry-after': later })).toBe(1_000);
});

it('is a second where nothing is said', () => {
  expect(retryAfterMsOf({})).toBe(1_000);
});
