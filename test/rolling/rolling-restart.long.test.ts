import { STACK_TIMEOUT_MS } from '../support/stack-for-tests.js';
import { buildOf, commitOf } from './previous-build.js';
import { rollingRestart } from './rolling-restart.js';
import { RollingStack } from './rolling-stack.js';

const minutes = Number(process.env['FAULT_MINUTES'] ?? 5);
const rate = Number(process.env['FAULT_RATE'] ?? 20);

/** The first round is an upgrade from this commit, or a downgrade to it. */
const from = process.env['FAULT_FROM'];
const to = process.env['FAULT_TO'];

let system: RollingStack;

beforeAll(async () => {
  if (from !== undefined && to !== undefined) throw new Error('Name one other build: --from or --to.');
  system = await RollingStack.start({
    ...(from !== undefined && { upgradeFrom: buildAt(from) }),
    ...(to !== undefined && { upgradeTo: buildAt(to) }),
  });
}, 2 * STACK_TIMEOUT_MS);

afterAll(async () => {
  await system.stop();
}, STACK_TIMEOUT_MS);

it(
  `goes on while each service in turn is replaced, for ${String(minutes)} minutes at ${String(rate)} calls a second`,
  async () => {
    const noticed = await rollingRestart(system, {
      rate,
      durationMs: minutes * 60_000,
      say: (line) => void process.stdout.write(`${line}\n`),
    });
    expect(noticed).toEqual({
      outcomes: new Set(['created']),
      refusals: [],
      unknown: [],
      surplusPosts: 0,
      notTaken: [],
      notEnded: [],
      errors: [],
    });
  },
  (minutes + 8) * 60_000,
);

function buildAt(revision: string): string {
  const commit = commitOf(revision);
  if (commit === null) throw new Error(`git knows no commit ${revision}`);
  return buildOf(commit);
}
