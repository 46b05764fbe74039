import { PROJECT_ROOT } from '../../apps/local-stack/src/places.js';
import { STACK_TIMEOUT_MS } from '../support/stack-for-tests.js';
import { buildOf, commitOf } from './previous-build.js';
import { rollingRestart } from './rolling-restart.js';
import { RollingStack, SERVICES } from './rolling-stack.js';

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
  let before: string;

  beforeAll(async () => {
    before = buildOf(previous);
    system = await RollingStack.start({ upgradeFrom: before });
  }, BUILD_TIMEOUT_MS + STACK_TIMEOUT_MS);

  afterAll(async () => {
    await system.stop();
  }, STACK_TIMEOUT_MS);

  it(
    'goes on while each service in turn is replaced by the build that follows it',
    async () => {
      expect(system.servicesOf(before)).toEqual(SERVICES);
      const noticed = await rollingRestart(system, {
        rate: RATE,
        durationMs: 0,
        say: (line) => void process.stdout.write(`${line}\n`),
      });
      // How the build before this one leaves is its own: what matters here is that both understand each other.
      expect(noticed).toMatchObject({ outcomes: new Set(['created']), refusals: [], unknown: [], surplusPosts: 0 });
      const untold = new Set(noticed.notTaken.map(({ callId }) => callId));
      expect(noticed.notEnded.filter((callId) => !untold.has(callId))).toEqual([]);
      expect(system.servicesOf(PROJECT_ROOT)).toEqual(SERVICES);
    },
    ROUND_TIMEOUT_MS,
  );
}
