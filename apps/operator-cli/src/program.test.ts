import { createProgram } from './program.js';

const RELEASE = ['calls', 'release', '6f9619ff-8b86-4011-b42d-00c04fc964ff'];

function unused(): never {
  throw new Error('The command line was taken.');
}

it.each([
  ['a blank reason', ['--reason', ' ']],
  ['a reason that is too long', ['--reason', 'x'.repeat(1_001)]],
  ['a blank operator', ['--reason', 'it did not ring', '--operator', '']],
])('refuses %s of a release before anything is sent', async (_what, options) => {
  const program = createProgram({ installation: unused, invocation: 'callbus', folder: '.', print: unused });
  for (const group of program.commands) for (const one of group.commands) one.configureOutput({ writeErr: () => undefined });
  await expect(program.parseAsync([...RELEASE, ...options], { from: 'user' })).rejects.toMatchObject({
    code: 'commander.invalidArgument',
  });
});
