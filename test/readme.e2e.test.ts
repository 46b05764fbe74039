import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PROJECT_ROOT } from '../apps/local-stack/src/places.js';
import { PlainReader } from './support/plain-kafka.js';
import { STACK_TIMEOUT_MS, StackForTests } from './support/stack-for-tests.js';

const run = promisify(execFile);
let stack: StackForTests;
let folder: string;

beforeAll(async () => {
  stack = await StackForTests.start({ environment: { 'graph-simulator': { SIMULATOR_TALK_MS: '100' } } });
  folder = mkdtempSync(join(tmpdir(), 'callbus-readme-'));
  symlinkSync(stack.launcher.home, join(folder, '.callbus'));
}, STACK_TIMEOUT_MS);

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await stack.stop();
});

/** The shell commands of the README under a heading. */
function shellOf(heading: string): string {
  const readme = readFileSync(join(PROJECT_ROOT, 'README.md'), 'utf8');
  const section = readme.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const block = /```sh\n([\s\S]*?)```/.exec(section)?.[1];
  if (block === undefined) throw new Error(`the README has no shell commands under «${heading}»`);
  return block;
}

it('places a call with the README’s curl commands while a stack runs', async () => {
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', shellOf('Place a call')], { cwd: folder });
  expect(stdout).toMatch(/^HTTP\/1\.1 202 Accepted\r?\n/);
  const { id } = JSON.parse(stdout.split(/\r?\n\r?\n/)[1] ?? '') as { id: string };
  const events = await PlainReader.start(stack.file.kafka.brokers, `${stack.file.topicPrefix}events`);
  const history = await events.ended(id);
  await events.stop();
  expect(history.at(-1)?.data).toMatchObject({ state: 'terminated', final: true });
});
