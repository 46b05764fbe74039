import { setTimeout as delay } from 'node:timers/promises';
import { figuresOf, type RowFigures } from '../faults/report.js';
import { HONEST, HonestLoad, type Kind, type Phase } from './honest-load.js';
import { memoryOf, podMb, type HostileStack } from './hostile-stack.js';
import { latencyOf, memoryOfService, type Latency, type Memory } from './report.js';
import { RogueProcess, type RogueName } from './rogue-process.js';
import type { Tally } from './rogues/rogue.ts';

/** The results of a run. */
export interface Findings {
  readonly figures: RowFigures;
  readonly latencies: Readonly<Record<Kind, { readonly quiet: Latency; readonly hostile: Latency }>>;
  /** By name of the service. */
  readonly memory: Readonly<Record<string, Memory>>;
  readonly tallies: Readonly<Partial<Record<RogueName, Tally>>>;
  /** Honest requests that got a wrong answer. */
  readonly failures: readonly string[];
  /** Answers of the receiver behind the slow network, by status. */
  readonly slowAnswers: Readonly<Record<number, number>>;
}

const LIVE_CALLS = 4;
/** Phases without and with rogues alternate, at least three times, so that other work on the machine falls into both. */
const LONGEST_ROUND_MS = 60_000;
const LEAST_ROUNDS = 3;
/** Part of each round without rogues. */
const QUIET_SHARE = 1 / 3;
/** Delay and rate between the second receiver and Kafka, while there are rogues. */
const SLOW_NETWORK = { delayMs: 300, bytesPerSecond: 8_192 };
const MEMORY_SAMPLE_MS = 1_000;
/** Time after the last attack within which every call must have its whole history. */
export const SETTLE_MS = 120_000;

/**
 * Places calls and sends callbacks, in turns without and with rogues beside them.
 * @throws when a process has ended, or the oracle finds something wrong
 */
export async function besideRogues(system: HostileStack, durationMs: number, names: readonly RogueName[]): Promise<Findings> {
  const live = await system.placeLive(LIVE_CALLS);
  const targets = await system.targets(live[0]!);
  const rogues = await Promise.all(names.map((name) => RogueProcess.launch(name, targets)));
  try {
    const pids = system.servicePids();
    const load = await HonestLoad.begin(system, live);
    const windows = await inTurns({ system, rogues, load, pids, durationMs });
    const healedAt = performance.now();
    await load.end();
    requireNoneEnded(system, pids);
    for (const callId of live) await system.end(callId);
    const callIds = [...live, ...load.callIds];
    await system.outcomes(callIds, SETTLE_MS);
    const evidence = await system.untilInOrder(callIds, SETTLE_MS);
    const recoveryMs = performance.now() - healedAt;
    const tallies = await byName(names, async (_name, index) => await rogues[index]!.report());
    requireNoneEnded(system, pids);
    return {
      figures: figuresOf({ id: 'F64' }, callIds, evidence, { injections: attemptsIn(Object.values(tallies)), recoveryMs }),
      latencies: await byName(Object.keys(HONEST) as Kind[], (kind) => ({
        quiet: latencyOf(load.samples, kind, 'quiet'),
        hostile: latencyOf(load.samples, kind, 'hostile'),
      })),
      memory: await byName(Object.keys(pids), async (name) => memoryOfService(sizesOf(name, windows), await podMb(name))),
      tallies,
      failures: load.failures,
      slowAnswers: load.slowAnswers,
    };
  } finally {
    await Promise.all(rogues.map((rogue) => rogue.stop()));
  }
}

interface Turns {
  readonly system: HostileStack;
  readonly rogues: readonly RogueProcess[];
  readonly load: HonestLoad;
  readonly pids: Readonly<Record<string, number>>;
  readonly durationMs: number;
}

/** Resident memory of each service, in megabytes. */
type Sizes = Readonly<Record<string, number>>;

/** @returns the memory of the services, sample by sample, for each time in which there were rogues */
async function inTurns({ system, rogues, load, pids, durationMs }: Turns): Promise<Sizes[][]> {
  const windows: Sizes[][] = [];
  const enter = (phase: Phase): void => {
    load.phase = phase;
    for (const rogue of rogues) rogue.order(phase === 'hostile' ? 'attack' : 'pause');
    if (phase === 'quiet') {
      system.slowKafka.heal();
      return;
    }
    system.slowKafka.delayAnswers(SLOW_NETWORK.delayMs);
    system.slowKafka.throttleAnswers(SLOW_NETWORK.bytesPerSecond);
  };
  const rounds = Math.max(LEAST_ROUNDS, Math.round(durationMs / LONGEST_ROUND_MS));
  const roundMs = durationMs / rounds;
  for (let round = 0; round < rounds; round += 1) {
    enter('quiet');
    await delay(roundMs * QUIET_SHARE);
    enter('hostile');
    const sizes: Sizes[] = [];
    for (const endAt = performance.now() + roundMs * (1 - QUIET_SHARE); performance.now() < endAt;) {
      sizes.push(await memoryOf(pids));
      await delay(MEMORY_SAMPLE_MS);
    }
    windows.push(sizes);
  }
  enter('quiet');
  return windows;
}

/** The launcher restarts a process that has ended, under another pid. */
function requireNoneEnded(system: HostileStack, pids: Turns['pids']): void {
  const now = system.servicePids();
  const ended = Object.keys(pids).filter((name) => now[name] !== pids[name]);
  if (ended.length > 0) throw new Error(`rogues have ended ${ended.join(', ')}`);
}

function sizesOf(name: string, windows: readonly (readonly Sizes[])[]): number[][] {
  return windows.map((sizes) => sizes.flatMap((size) => size[name] ?? []));
}

function attemptsIn(tallies: readonly Tally[]): number {
  return tallies
    .flatMap((tally) => Object.values(tally).flatMap(({ answers }) => Object.values(answers)))
    .reduce((sum, count) => sum + count, 0);
}

async function byName<N extends string, T>(
  names: readonly N[],
  of: (name: N, index: number) => T | Promise<T>,
): Promise<Record<N, T>> {
  const entries = await Promise.all(names.map(async (name, index) => [name, await of(name, index)] as const));
  return Object.fromEntries(entries) as Record<N, T>;
}
