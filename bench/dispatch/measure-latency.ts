import { setTimeout as pause } from 'node:timers/promises';
import type { DispatchSystem } from './dispatch-system.js';
import { latencyMs } from './figures.js';
import type { Simulator } from './simulator.js';
import { untilDialled } from './until-dialled.js';

/** For so long after a command, and between two, nothing is asked of anybody: the create arrives undisturbed. */
const UNDISTURBED_MS = 60;
/** Added at random, so that commands meet every phase of what recurs. */
const JITTER_MS = 50;

/**
 * One call at a time, of the systems in turns, and each as often first as last: what else happens on the machine hits all alike.
 * @returns for each system, milliseconds from each command's append to its create's arrival
 */
export async function measureLatency<S extends DispatchSystem>(
  systems: readonly S[],
  simulator: Simulator,
  calls: number,
): Promise<ReadonlyMap<S, readonly number[]>> {
  const latencies = new Map(systems.map((system) => [system, [] as number[]]));
  for (let round = 0; round < calls; round += 1) {
    for (const system of round % 2 === 0 ? systems : systems.toReversed()) {
      latencies.get(system)?.push(await latencyOfOne(system, simulator));
    }
  }
  return latencies;
}

async function latencyOfOne(system: DispatchSystem, simulator: Simulator): Promise<number> {
  await pause(UNDISTURBED_MS + Math.random() * JITTER_MS);
  const command = await system.commands.place();
  await pause(UNDISTURBED_MS);
  return latencyMs(command, await untilDialled(system, simulator, [command]));
}
