import { parseJson } from './json-value.js';

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

it('reads JSON as deep as any answer of Graph’s, and refuses JSON too deep to be serialised again', () => {
  expect(parseJson('{"id":"a"}')).toEqual({ id: 'a' });
  expect(JSON.stringify(parseJson(nested(100)))).toBe(nested(100));
  for (const levels of [101, 10_000, 500_000]) expect(parseJson(nested(levels))).toBeUndefined();
  expect(parseJson(`{"a":${nested(100)}}`)).toBeUndefined();
  expect(parseJson('{')).toBeUndefined();
});
