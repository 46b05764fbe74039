import { adviceOn, ADVISED_CODES } from './advice.js';
import { readGraphError } from './graph-error.js';
import { fixturesOf, fixtureText } from '../testing/fixtures.js';

const errors = fixturesOf('create-call').filter((path) => path.includes('/error-'));
const statusOf = (path: string): number => Number(/error-(\d{3})-/.exec(path)?.[1] ?? 403);
const codeOf = (path: string): string | undefined => ADVISED_CODES.find((code) => path.includes(`-${code}-`));

it.each(errors)('%s says what to do, if there is something special to do', (path) => {
  const { code, advice } = readGraphError(statusOf(path), fixtureText(path));
  const advised = codeOf(path);
  if (advised === undefined) expect(advice).toBeUndefined();
  else expect([code, advice]).toEqual([advised, expect.stringMatching(new RegExp(`docs/tenant-setup\\.md#${advised}\\.$`))]);
});

it('has seen a body of Graph’s for every code that it knows', () => {
  expect(errors.map(codeOf).filter((code) => code !== undefined)).toEqual(expect.arrayContaining([...ADVISED_CODES]));
});

it.each(['9999', 'TooManyRequests', '', 'constructor', '__proto__'])('has nothing to say about %j', (code) => {
  expect(adviceOn(code)).toBeUndefined();
});
