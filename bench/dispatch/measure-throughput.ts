import { until } from '@callbus/local-stack';
import type { DispatchSystem } from './dispatch-system.js';
import { callsPerSecond } from './figures.js';
import type { Simulator } from './simulator.js';
import { untilDialled } from './until-dialled.js';

const TIMEOUT_MS = 180_000;

/** @returns calls per second of so many commands that wait together, while Graph takes so long for each answer */
export async function measureThroughput(
  system: DispatchSystem,
  simulator: Simulator,
  { waiting, answeredAfterMs }: { readonly waiting: number; readonly answeredAfterMs: number },
): Promise<number> {
  await simulator.answerAfter(answeredAfterMs);
  const commands = await Promise.all(Array.from({ length: waiting }, () => system.commands.place()));
  await until(`${system.name} has dialled ${waiting} calls`, async () => (await simulator.arrived()) >= waiting, TIMEOUT_MS);
  const arrivals = await untilDialled(system, simulator, commands);
  await simulator.answerAtOnce();
  return callsPerSecond(commands, arrivals, answeredAfterMs);
}
