import { table } from './table.js';

it('makes every column as wide as its widest cell, and no line longer than it need be', () => {
  expect(
    table(
      ['callId', 'attempt'],
      [
        ['a', '1'],
        ['a longer one', ''],
      ],
    ),
  ).toBe(['callId        attempt', 'a             1', 'a longer one'].join('\n'));
});

it('has heads also without rows', () => {
  expect(table(['callId', 'attempt'], [])).toBe('callId  attempt');
});
