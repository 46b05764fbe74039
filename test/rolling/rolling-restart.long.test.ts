import { STACK_TIMEOUT_MS } from '../support/stack-for-tests.js';
import { rollingRestart } from './rolling-restart.js';
import { RollingStack } from './rolling-stack.js';

const minutes = Number(process.env['FAULT_MINUTES'] ?? 5);
const rate = Number(process.env['FAULT_RATE'] ?? 20);

let system: RollingStack;

beforeAll(async () => {
  system = await RollingStack.start();
}, STACK_TIMEOUT_MS);

afterAll(async () => {
  await system.stop();
}, STACK_TIMEOUT_MS);

it(
  `goes on while each service in turn is replaced, for ${String(minutes)} minutes at ${String(rate)} calls a second`,
  async () => {
    await rollingRestart(system, {
      rate,
      durationMs: minutes * 60_000,
      say: (line) => void process.stdout.write(`${line}\n`),
    });
  },
  (minutes + 8) * 60_000,
);
