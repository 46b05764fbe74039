import { textOf, timeMsOf } from './option-values.js';

it('takes a time that names an instant, whatever zone the terminal is in', () => {
  expect(timeMsOf('2026-12-01T13:00:00+01:00')).toBe(Date.UTC(2026, 11, 1, 12));
  for (const text of ['2026-12-01T12:00:00', '2026-12-01', 'yesterday'])
    expect(() => timeMsOf(text)).toThrow(/offset from UTC, as 2026-01-31T12:00:00Z/);
});

it('takes a text that says something, and is not too long', () => {
  expect(textOf(5)(' it  ')).toBe('it');
  for (const text of ['', '   ', 'longer']) expect(() => textOf(5)(text)).toThrow(/blank|at most 5/);
});
