import { STACK_TIMEOUT_MS } from '../support/stack-for-tests.js';
import { buildOf, commitOf } from './previous-build.js';
import { rollingRestart } from './rolling-restart.js';
import { RollingStack } from './rolling-stack.js';

// From the build of the commit before this one to this one, service by service, so that both work side by side.
const previous = commitOf('HEAD^');
const RATE = 10;
/** The whole project is compiled, on a busy machine. */
const BUILD_TIMEOUT_MS = 180_000;
const ROUND_TIMEOUT_MS = 240_000;

if (previous === null) {
  it.skip('is not tried: this clone has no commit before this one, from which to upgrade', () => undefined);
} else {
  let system: RollingStack;

  beforeAll(async () => {
    system = await RollingStack.start({ upgradeFrom: buildOf(previous) });
  }, BUILD_TIMEOUT_MS + STACK_TIMEOUT_MS);

  afterAll(async () => {
    await system.stop();
  }, STACK_TIMEOUT_MS);

  it(
    'goes on while each service in turn is replaced by the build that follows it',
    async () => {
      await rollingRestart(system, { rate: RATE, durationMs: 0, say: (line) => void process.stdout.write(`${line}\n`) });
    },
    ROUND_TIMEOUT_MS,
  );
}
