import { line } from '../faults/report.js';
import { STACK_TIMEOUT_MS } from '../support/stack-for-tests.js';
import { besideRogues, SETTLE_MS } from './beside-rogues.js';
import type { Kind } from './honest-load.js';
import { HostileStack } from './hostile-stack.js';
import { selectRogues } from './rogue-process.js';
import { latencyLine, memoryLine, tallyLine } from './report.js';

/** Largest ratio of the latency with rogues to the latency without. */
const MOST_RATIO = 3;
/** A lower latency counts as this: on two cores, other processes decide it. */
const LEAST_MS = 200;
/** In a shorter run the p99 is the slowest request or two, so the p90 is compared. */
const P99_FROM_MINUTES = 3;
/**
 * Largest growth of a service's memory from the first phase with rogues to the last, as a share of its pod's limit. Inflated
 * bombs lie outside of the heap, and 100 MB and more come and go.
 */
const MOST_GROWTH = 1 / 4;

/** The honest beside rogues: a producer, a caller, a sender of callbacks, slow clients and a slow network (F64). */
export function describeHostile(minutes: number, selection?: string): void {
  const rogues = selectRogues(selection);
  const judged = minutes >= P99_FROM_MINUTES ? 'p99Ms' : 'p90Ms';
  let system: HostileStack;

  beforeAll(async () => {
    system = await HostileStack.start();
  }, STACK_TIMEOUT_MS);

  afterAll(async () => {
    await system.stop();
  }, STACK_TIMEOUT_MS);

  it(
    `serves the honest beside rogues for ${String(minutes)} minutes (G10)`,
    async () => {
      const { figures, latencies, memory, tallies, failures, slowAnswers } = await besideRogues(system, minutes * 60_000, rogues);
      const lines = [
        ...Object.entries(latencies).map(([kind, both]) => latencyLine(kind as Kind, judged, both)),
        ...Object.entries(memory).map(([name, used]) => memoryLine(name, used)),
        ...Object.entries(tallies).map(([name, tally]) => tallyLine(name, tally)),
        `receiver behind the slow network: ${JSON.stringify(slowAnswers)}; ended processes: none`,
        line(figures, 'rogues'),
      ];
      process.stdout.write(`${lines.join('\n')}\n`);

      expect(figures).toMatchObject({ surplusPosts: 0, lost: 0 });
      expect(failures).toEqual([]);
      expect(slowAnswers[202]).toBeGreaterThan(0);
      for (const [rogue, tally] of Object.entries(tallies)) {
        for (const [attack, outcome] of Object.entries(tally)) {
          const wasTried = Object.keys(outcome.answers).length > 0;
          expect({ rogue, attack, wasTried, ...outcome }).toMatchObject({ wasTried: true, unexpected: [] });
        }
      }
      for (const [kind, { quiet, hostile }] of Object.entries(latencies)) {
        const isSlow = hostile[judged] > MOST_RATIO * Math.max(quiet[judged], LEAST_MS);
        expect({ kind, judged, quiet, hostile, isSlow }).toMatchObject({ isSlow: false });
      }
      for (const [name, used] of Object.entries(memory)) {
        const isFlat = used.lastMb - used.firstMb <= MOST_GROWTH * used.limitMb && used.mostMb <= used.limitMb;
        expect({ name, ...used, isFlat }).toMatchObject({ isFlat: true });
      }
    },
    minutes * 60_000 + 3 * SETTLE_MS,
  );
}
