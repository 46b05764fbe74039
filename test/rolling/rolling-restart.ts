import { surplusPosts, type SeenDelivery } from '../faults/oracle.js';
import { RAISED, SERVICES, type RollingStack } from './rolling-stack.js';
import { SteadyLoad, type Refusal } from './steady-load.js';

export interface RollingRestartOptions {
  /** Calls a second. */
  readonly rate: number;
  /** Another round over all services begins until so many milliseconds are over. */
  readonly durationMs: number;
  readonly say: (line: string) => void;
}

/** What somebody would have noticed. */
export interface Noticed {
  readonly outcomes: ReadonlySet<string>;
  /** Answers to requests for a call that were no 202. */
  readonly refusals: readonly Refusal[];
  /** Calls with an attempt of which nobody knew for a while whether it had dialled. */
  readonly unknown: readonly string[];
  readonly surplusPosts: number;
  /** Callbacks without an answer, or with another than 2xx. */
  readonly notTaken: readonly SeenDelivery[];
  /** Calls whose end the history lacks. */
  readonly notEnded: readonly string[];
  /** Lines of the services’ logs. */
  readonly errors: readonly string[];
}

/** Within which every call has its whole history after the last restart. */
const SETTLE_MS = 120_000;

/**
 * Ends each service in turn by SIGTERM and starts it again, under a steady load.
 * @throws when a call has no outcome at the end, or the oracle finds something wrong, or a consumer is left behind
 */
export async function rollingRestart(system: RollingStack, { rate, durationMs, say }: RollingRestartOptions): Promise<Noticed> {
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

  const outcomes = new Set(await seen.outcomes(callIds, SETTLE_MS));
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
  return { outcomes, refusals, unknown, surplusPosts: surplus, notTaken, notEnded, errors: system.errors() };
}
