import { line } from '../faults/report.js';
import { STACK_TIMEOUT_MS } from '../support/stack-for-tests.js';
import { besideRogues, SETTLE_MS } from './beside-rogues.js';
import type { Kind } from './honest-load.js';
import { HostileStack } from './hostile-stack.js';
import { selectRogues } from './rogue-process.js';
import { latencyLine, memoryLine, tallyLine } from './report.js';

// The honest beside a rogue producer, a rogue caller, a rogue sender of callbacks and clients on a slow network (F64).
// `npm run test:hostile` sets FAULT_MINUTES and FAULT_ROGUES.
const minutes = Number(process.env['FAULT_MINUTES'] ?? 1);
const rogues = selectRogues(process.env['FAULT_ROGUES']);
/** Largest ratio of the p99 with rogues to the p99 without. */
const MOST_RATIO = 3;
/** A lower p99 counts as this: on two cores, other processes decide it. */
const LEAST_P99_MS = 200;
/**
 * Largest growth of a service's memory from the first phase with rogues to the last, as a share of its pod's limit. Inflated
 * bombs lie outside of the heap, and 100 MB and more come and go.
 */
const MOST_GROWTH = 1 / 4;

let system: HostileStack;

beforeAll(async () => {
  system = await HostileStack.start();
}, STACK_TIMEOUT_MS);

afterAll(async () => {
  await system.stop();
}, STACK_TIMEOUT_MS);

it(
  `serves the honest beside rogues for ${String(minutes)} minutes`,
  async () => {
    const { figures, latencies, memory, tallies, failures, slowAnswers } = await besideRogues(system, minutes * 60_000, rogues);
    const lines = [
      ...Object.entries(latencies).map(([kind, { quiet, hostile }]) => latencyLine(kind as Kind, quiet, hostile)),
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
      const isSlow = hostile.p99Ms > MOST_RATIO * Math.max(quiet.p99Ms, LEAST_P99_MS);
      expect({ kind, quiet, hostile, isSlow }).toMatchObject({ isSlow: false });
    }
    for (const [name, used] of Object.entries(memory)) {
      const isFlat = used.lastMb - used.firstMb <= MOST_GROWTH * used.limitMb && used.mostMb <= used.limitMb;
      expect({ name, ...used, isFlat }).toMatchObject({ isFlat: true });
    }
  },
  minutes * 60_000 + 3 * SETTLE_MS,
);
