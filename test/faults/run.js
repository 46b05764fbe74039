// npm run test:faults [-- --seed S --rows F1-F7 --repeats N]
// npm run test:history-chaos [-- --seed S]
// npm run test:rolling [-- --minutes N --rate R --from <commit> | --to <commit>]
// npm run test:hostile [-- --minutes N --rogues producer,caller]
// npm run soak -- --minutes N --rate R [--seed S --rows F1-F10]
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const [kind, ...rest] = process.argv.slice(2);
const option = { type: 'string' };
const KINDS = {
  faults: {
    files: ['test/faults/faults.e2e.test.ts', 'test/faults/cluster.long.test.ts'],
    options: { seed: option, rows: option, repeats: option },
  },
  'history-chaos': { files: ['test/faults/history-chaos.long.test.ts'], options: { seed: option } },
  hostile: { files: ['test/hostile/hostile.long.test.ts'], options: { minutes: option, rogues: option } },
  rolling: {
    files: ['test/rolling/rolling-restart.long.test.ts'],
    options: { minutes: option, rate: option, from: option, to: option },
  },
  soak: {
    files: ['test/faults/soak.long.test.ts'],
    options: { seed: option, rows: option, minutes: option, rate: option },
  },
};
const { files, options } = KINDS[kind];

let values;
try {
  ({ values } = parseArgs({ args: rest, options }));
} catch (error) {
  console.error(
    `${error.message}\nOptions: ${Object.keys(options)
      .map((name) => `--${name}`)
      .join(' ')}`,
  );
  process.exit(2);
}
const environment = Object.entries({ ...values, form: 'long' }).map(([name, value]) => [`FAULT_${name.toUpperCase()}`, value]);
const jest = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js'];
const { status } = spawnSync(
  process.execPath,
  [...jest, '--runInBand', '--runTestsByPath', ...files, '--selectProjects', 'e2e', 'long'],
  {
    stdio: 'inherit',
    env: { ...process.env, ...Object.fromEntries(environment) },
  },
);
process.exit(status ?? 1);
