import { until } from '@callbus/local-stack';
import type { PlacedCommand } from './command-topic.js';
import type { DispatchSystem } from './dispatch-system.js';
import type { Arrivals } from './figures.js';
import type { Simulator } from './simulator.js';

const TIMEOUT_MS = 60_000;

/** Waits until every command's create is answered and the system has finished what follows. @returns when the creates arrived */
export async function untilDialled(
  system: DispatchSystem,
  simulator: Simulator,
  commands: readonly PlacedCommand[],
): Promise<Arrivals> {
  const [only] = commands.length === 1 ? commands : [];
  let arrivals: Arrivals = new Map();
  await until(
    `${system.name} has dialled and finished ${commands.length} call(s)`,
    async () => {
      arrivals = await simulator.arrivals(only?.callId);
      return commands.every(({ callId }) => arrivals.has(callId) && system.hasFinished(callId));
    },
    TIMEOUT_MS,
  );
  return arrivals;
}
