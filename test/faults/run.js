// npm run test:faults [-- --seed S --rows F1-F7]
// npm run soak -- --minutes N --rate R [--seed S --rows F1-F10]
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const [kind, ...rest] = process.argv.slice(2);
const isSoak = kind === 'soak';
const option = { type: 'string' };
const options = { seed: option, rows: option, ...(isSoak && { minutes: option, rate: option }) };

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
const environment = Object.entries(values).map(([name, value]) => [`FAULT_${name.toUpperCase()}`, value]);
const file = isSoak ? 'test/faults/soak.long.test.ts' : 'test/faults/faults.e2e.test.ts';
const jest = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js'];
const { status } = spawnSync(process.execPath, [...jest, '--runTestsByPath', file, '--selectProjects', isSoak ? 'long' : 'e2e'], {
  stdio: 'inherit',
  env: { ...process.env, ...Object.fromEntries(environment) },
});
process.exit(status ?? 1);
