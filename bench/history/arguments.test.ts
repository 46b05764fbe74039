import { parseArguments } from './arguments.js';

it('measures 50,000 calls and the recovery of 100,000 unless told otherwise', () => {
  expect(parseArguments([])).toEqual({ calls: 50_000, liveCalls: 100_000 });
  expect(parseArguments(['--calls', '20', '--live-calls', '50'])).toEqual({ calls: 20, liveCalls: 50 });
});

it('knows a request for help', () => {
  expect(parseArguments(['--help'])).toBeNull();
});

it.each([[['--calls', '0']], [['--live-calls', 'many']], [['--minutes', '3']]])('refuses %j', (args) => {
  expect(() => parseArguments(args)).toThrow(args[0]);
});
