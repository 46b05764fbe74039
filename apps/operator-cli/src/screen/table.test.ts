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
  ).toEqual(['callId        attempt', 'a             1', 'a longer one']);
});

it('has heads also without rows', () => {
  expect(table(['callId', 'attempt'], [])).toEqual(['callId  attempt']);
});

it('has one line for each row, and columns in line, whatever is in the cells', () => {
  const rows = [
    ['\u001b[31mRED\u0007', '1'],
    ['a\nb', '2'],
  ];
  expect(table(['key', 'attempt'], rows)).toEqual([
    'key                  attempt',
    '\\u001b[31mRED\\u0007  1',
    'a\\u000ab             2',
  ]);
});
