import { parseArguments } from './arguments.js';

it('measures 300 calls and 1,000 waiting commands unless told otherwise', () => {
  expect(parseArguments([])).toEqual({ calls: 300, waiting: 1_000 });
  expect(parseArguments(['--calls', '20', '--waiting', '50'])).toEqual({ calls: 20, waiting: 50 });
});

it('knows a request for help', () => {
  expect(parseArguments(['--help'])).toBeNull();
});

it.each([[['--calls', '0']], [['--waiting', 'many']], [['--minutes', '3']]])('refuses %j', (args) => {
  expect(() => parseArguments(args)).toThrow(args[0]);
});
