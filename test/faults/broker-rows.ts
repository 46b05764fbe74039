import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { until } from '../support/stack-for-tests.js';
import { CallbackLoad } from './callback-load.js';
import { brokerOf, coordinatorOf, leaderOfMost, untilInSync } from './cluster.js';
import { whileStopped } from '../support/standstill.js';
import type { FaultRow, RowContext } from './row.js';

/** One in each partition. */
const LIVE_CALLS = 12;
/** Nothing but the fault itself keeps callbacks out for longer. */
const LONGEST_BURST_MS = 10_000;
const PAUSE_MS = 10_000;

/**
 * Lets the callbacks of calls that live go on and on, in all partitions, while something breaks and heals, and ends the
 * calls when callbacks of each have come through again. What was placed meanwhile and after comes to its outcome too.
 */
async function underCallbacks(context: RowContext, breakAndHeal: (load: CallbackLoad) => Promise<void>): Promise<string[]> {
  const { system, random } = context;
  const live = await system.placeLive(LIVE_CALLS);
  const before = system.servicePids();
  const load = CallbackLoad.start(system, live);
  const enough = random.between(20, 120);
  try {
    await until('callbacks flow', () => load.accepted().length >= enough);
    await breakAndHeal(load);
    const healedAt = performance.now();
    context.healed();
    await until('callbacks of all calls flow again', () => load.isFlowing(healedAt), 60_000);
  } finally {
    await load.stop();
  }
  const later = await system.placeMany(LIVE_CALLS);
  expect(new Set(await system.outcomes(later))).toEqual(new Set(['created']));
  await system.endAll(live);
  // None has died, and none lives on deaf (I6).
  expect(system.servicePids()).toEqual(before);
  return [...live, ...later];
}

/** The only broker, killed and started again on what it had written. */
export const BROKER_ROWS: readonly FaultRow[] = [
  {
    id: 'F18',
    fault: 'the only broker is killed and started again while callbacks come',
    run: (context) =>
      underCallbacks(context, async (load) => {
        const { system, injected } = context;
        await system.kill('kafka-1');
        injected();
        await until('callbacks are refused', () => load.count(503) > 0);
        await system.restart('kafka-1');
      }),
  },
  {
    id: 'F37',
    fault: 'the broker’s disk takes no more while callbacks come',
    run: async (context) => {
      const { system, injected } = context;
      if (!(await canLimitFiles())) {
        process.stdout.write('F37 is left out: there is no prlimit here, with which the broker’s files are kept from growing\n');
        return [];
      }
      return await underCallbacks(context, async (load) => {
        // No file of the broker may grow any more: what it writes fails, as it does on a disk that is full.
        await run('prlimit', ['--pid', String(system.pid('kafka-1')), '--fsize=0']);
        injected();
        const fullAt = performance.now();
        await until('callbacks are refused', () => load.count(503, fullAt) > 0);
        await system.restart('kafka-1');
      });
    },
  },
];

const run = promisify(execFile);

async function canLimitFiles(): Promise<boolean> {
  return await run('prlimit', ['--version']).then(
    () => true,
    () => false,
  );
}

/** Brokers of three, with three replicas of which two must have a record. */
export const CLUSTER_ROWS: readonly FaultRow[] = [
  {
    id: 'F19',
    fault: 'a broker that leads partitions is killed while callbacks of all partitions come',
    run: (context) =>
      underCallbacks(context, async (load) => {
        const { system, injected } = context;
        const leader = await leaderOfMost(system, 'observations');
        await system.kill(leader);
        injected();
        const killedAt = performance.now();
        await until('the others have taken all partitions', () => load.isFlowing(killedAt), 60_000);
        await system.restart(leader);
        await untilInSync(system);
      }),
  },
  {
    id: 'F20',
    fault: 'the brokers are restarted cleanly, one after the other',
    run: (context) =>
      underCallbacks(context, async (load) => {
        const { system, injected } = context;
        for (const broker of system.brokers) {
          await system.restart(broker);
          await untilInSync(system);
          injected();
        }
        expect(load.longestGapMs()).toBeLessThan(LONGEST_BURST_MS);
      }),
  },
  {
    id: 'F21',
    fault: 'two of three brokers are down, fewer than must have a record',
    run: (context) =>
      underCallbacks(context, async (load) => {
        const { system, random, injected } = context;
        const survivor = random.pick(system.brokers);
        const victims = system.brokers.filter((broker) => broker !== survivor);
        await Promise.all(victims.map((broker) => system.kill(broker)));
        injected(victims.length);
        const downAt = performance.now();
        await until('callbacks are refused', () => load.count(503, downAt) > 0);
        expect(load.count(202, downAt)).toBe(0);
        await Promise.all(victims.map((broker) => system.restart(broker)));
        await untilInSync(system);
      }),
  },
  {
    id: 'F22',
    fault: 'the broker that coordinates a group stands still, and goes on',
    run: (context) =>
      underCallbacks(context, async () => {
        const { system, random, injected } = context;
        const group = random.pick([
          'call-dispatcher',
          'call-dispatcher-operator',
          'call-dispatcher-relay',
          'notification-sequencer',
        ]);
        const broker = brokerOf(await coordinatorOf(system, group));
        const stoppedAt = performance.now();
        await whileStopped(system.pid(broker), async () => {
          injected();
          await until('it has stood still for long', () => performance.now() - stoppedAt > PAUSE_MS, 2 * PAUSE_MS);
        });
        await untilInSync(system);
      }),
  },
];
