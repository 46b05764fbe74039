import { surplusPosts } from '../faults/oracle.js';
import { RAISED, SERVICES, type RollingStack } from './rolling-stack.js';
import { SteadyLoad } from './steady-load.js';

export interface RollingRestartOptions {
  /** Calls a second. */
  readonly rate: number;
  /** Another round over all services begins until so many milliseconds are over. */
  readonly durationMs: number;
  readonly say: (line: string) => void;
}

/** Within which every call has its whole history after the last restart. */
const SETTLE_MS = 120_000;

/** Ends each service in turn by SIGTERM and starts it again, under a steady load, and expects that nobody notices. */
export async function rollingRestart(system: RollingStack, { rate, durationMs, say }: RollingRestartOptions): Promise<void> {
  const { stack, seen } = system;
  const endAt = performance.now() + durationMs;
  const load = await SteadyLoad.begin(stack, rate);
  let restarts = 0;
  do {
    for (const name of SERVICES) {
      await stack.restart(name);
      restarts += 1;
    }
  } while (performance.now() < endAt);
  await load.end();
  const { callIds, refusals, unanswered } = load;

  const outcomes = await seen.outcomes(callIds, SETTLE_MS);
  await seen.untilTold(callIds);
  const { posts, deliveries, ledger } = await seen.untilInOrder(callIds, SETTLE_MS);
  await system.untilNoLag();
  const evidence = await seen.evidence();
  const unknown = callIds.filter((callId) => seen.ledgerTypes(callId).includes('Unknown'));
  const surplus = callIds.reduce((sum, callId) => sum + surplusPosts(callId, evidence), 0);
  const notTaken = deliveries.all.filter(({ answered }) => answered === null || answered.status >= 300);
  const notEnded = callIds.filter((callId) => !seen.events.history(callId).some(({ data }) => data['final'] === true));
  const raised = Object.entries(RAISED).map(([name, value]) => `${name}=${value}`);
  say(
    `${String(restarts)} restarts, ${String(callIds.length)} calls, POSTs ${String(posts.all.length)}, surplus POSTs ${String(surplus)}, ` +
      `unknown outcomes ${String(unknown.length)}, refused requests ${String(refusals.length)}, unanswered ${String(unanswered)}, ` +
      `callbacks ${String(deliveries.all.length)}, not taken ${String(notTaken.length)}, records of the ledger ${String(ledger.records.length)}; raised: ${raised.join(' ')}`,
  );
  expect({ refusals, unknown, surplus, notTaken, notEnded, errors: system.errors() }).toEqual({
    refusals: [],
    unknown: [],
    surplus: 0,
    notTaken: [],
    notEnded: [],
    errors: [],
  });
  expect(new Set(outcomes)).toEqual(new Set(['created']));
}
