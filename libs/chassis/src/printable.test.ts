import { printable, printableLines } from './printable.js';

it.each([
  ['an escape sequence', '\u001b[31mRED\u0007', '\\u001b[31mRED\\u0007'],
  ['a sequence of C1', '\u009b31m', '\\u009b31m'],
  ['DEL and NUL', 'a\u007f\0', 'a\\u007f\\u0000'],
  ['line breaks of all kinds', 'a\nb\r\u0085\u2028\u2029', 'a\\u000ab\\u000d\\u0085\\u2028\\u2029'],
  ['a tab', 'a\tb', 'a\\u0009b'],
  ['marks that turn the text', '\u202egnp.exe\u2066\u200f\u061c', '\\u202egnp.exe\\u2066\\u200f\\u061c'],
  ['half of a surrogate pair', '\ud83d!', '\\ud83d!'],
  ['nothing of the kind', 'Zürich ☎ 👩‍👧 — «ß» שלום', 'Zürich ☎ 👩‍👧 — «ß» שלום'],
])('shows %s', (_what, text, shown) => {
  expect(printable(text)).toBe(shown);
  expect(printable(shown)).toBe(shown);
});

it('keeps the lines of text that is laid out', () => {
  expect(printableLines('a\n\u001b\n')).toBe('a\n\\u001b\n');
});

it('leaves JSON the same JSON', () => {
  const data = { key: '\u001b[31m\n\u009b\u202e\ud83d\u007f' };
  const text = printableLines(JSON.stringify(data, null, 2));
  expect(JSON.parse(text)).toEqual(data);
  expect(text).not.toMatch(/[\u007f-\u009f\u202e]/);
});
