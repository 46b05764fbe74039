import type { Progress, StackForBench } from '@callbus/local-stack';
import type { BenchArguments } from './arguments.js';
import { callbus } from './callbus.js';
import type { DispatchSystem } from './dispatch-system.js';
import { measureLatency } from './measure-latency.js';
import { measureThroughput } from './measure-throughput.js';
import { ObviousStack } from './obvious-stack.js';
import type { DispatchFigures, Throughput } from './report.js';
import { Simulator } from './simulator.js';

export const ANSWERED_AFTER_MS = 200;
/** Graph's own limits are lower than what a bench places; the number of creates at once is the operator's choice. */
export const RAISED_LIMITS = {
  GRAPH_MAX_LIVE_CALLS: '100000',
  GRAPH_MAX_CALLS_PER_MONTH: '1000000',
  GRAPH_MAX_CONCURRENT_CREATES: '128',
} as const;
/** No call gets further than to its answer while it is measured: what follows, callbacks, is not the dispatch. */
export const SERVICE_ENVIRONMENT = {
  'call-dispatcher': RAISED_LIMITS,
  'graph-simulator': { SIMULATOR_ESTABLISH_MS: String(60 * 60_000) },
};

const WARM_UP_CALLS = 50;
/** Where one message is under way at a time: 1,000 would take more than three minutes. */
const MOST_ONE_AT_A_TIME = 100;

/** Measures both systems, one after the other or in turns. @param onFatal called when callbus’ events cannot be read any more */
export async function benchDispatch(
  stack: StackForBench,
  { calls, waiting }: BenchArguments,
  progress: Progress,
  onFatal: (error: unknown) => void,
): Promise<DispatchFigures> {
  const { file, client, partitions } = stack;
  const simulator = await Simulator.at(file.simulator?.url ?? '', file.ca);
  const sender = await client.sender();
  const ours = await callbus(stack, sender, onFatal);
  const obvious = await ObviousStack.open(stack, sender);
  const latencies = <S extends DispatchSystem>(systems: readonly S[], count: number) =>
    progress.step(`${count} calls, one at a time`, () => measureLatency(systems, simulator, count));
  const throughput = (system: DispatchSystem, count: number): Promise<Throughput> =>
    progress.step(`${system.name}: ${count} commands that wait`, async () => ({
      waiting: count,
      callsPerSecond: await measureThroughput(system, simulator, { waiting: count, answeredAfterMs: ANSWERED_AFTER_MS }),
    }));
  try {
    obvious.start(1);
    await latencies([obvious, ours], WARM_UP_CALLS);
    const measured = await latencies([obvious, ours], calls);
    const obviousAsItComes = await throughput(obvious, Math.min(waiting, MOST_ONE_AT_A_TIME));
    await obvious.end();
    obvious.start(partitions);
    await latencies([obvious], WARM_UP_CALLS);
    const obviousByPartition = await throughput(obvious, waiting);
    await obvious.end();
    return {
      latenciesMs: { obvious: measured.get(obvious) ?? [], callbus: measured.get(ours) ?? [] },
      throughput: { obvious: obviousAsItComes, obviousByPartition, callbus: await throughput(ours, waiting) },
    };
  } finally {
    await Promise.all([ours.close(), sender.close(), simulator.close()]);
  }
}
