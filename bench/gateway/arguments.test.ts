import { parseArguments } from './arguments.js';

it('has defaults for all of it', () => {
  expect(parseArguments([])).toEqual({ seconds: 6, rounds: 5, connections: 100, calls: 100_000 });
  expect(parseArguments(['--rounds', '2', '--calls', '7'])).toMatchObject({ rounds: 2, calls: 7 });
  expect(parseArguments(['--help'])).toBeNull();
});

it.each([['--rounds', '0'], ['--seconds', 'x'], ['--unknown'], ['extra']])('refuses %s', (...args) => {
  expect(() => parseArguments(args)).toThrow();
});
