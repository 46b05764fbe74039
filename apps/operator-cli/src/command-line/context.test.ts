import { invocationOf } from './context.js';

it('tells people to type what they have typed', () => {
  const npm = { npm_lifecycle_event: 'callbus', INIT_CWD: '/home/ann/calls' };
  expect(invocationOf(npm, '/app/apps/operator-cli/dist/main.js', '/app')).toEqual({
    invocation: 'npm run callbus --',
    folder: '/home/ann/calls',
  });
  expect(invocationOf({}, '/app/apps/operator-cli/dist/main.js', '/app')).toEqual({
    invocation: 'node apps/operator-cli/dist/main.js',
    folder: '/app',
  });
  expect(invocationOf({}, '/app/dist/main.js', '/home/ann').invocation).toBe('node /app/dist/main.js');
});
