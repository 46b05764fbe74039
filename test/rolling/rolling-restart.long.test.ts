import { STACK_TIMEOUT_MS } from '../support/stack-for-tests.js';
import { buildOf, commitOf } from './previous-build.js';
import { rollingRestart } from './rolling-restart.js';
import { RollingStack } from './rolling-stack.js';

const minutes = Number(process.env['FAULT_MINUTES'] ?? 5);
const rate = Number(process.env['FAULT_RATE'] ?? 20);

/** The first round is an upgrade from this commit. */
const from = process.env['FAULT_FROM'];

let system: RollingStack;

beforeAll(async () => {
  const commit = from === undefined ? null : commitOf(from);
  if (from !== undefined && commit === null) throw new Error(`git knows no commit ${from}`);
  system = await RollingStack.start(commit === null ? {} : { upgradeFrom: buildOf(commit) });
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
