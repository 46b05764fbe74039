import { readCounts } from '../option-counts.js';

export interface BenchArguments {
  /** Whose observations wait when the sequencer starts. */
  readonly calls: number;
  /** Whose snapshots a sequencer reads before it goes on. */
  readonly liveCalls: number;
}

export const USAGE = `npm run bench:history [-- options]    one sequencer over a full topic, and its recovery (bench/README.md)

  --calls N       calls whose whole lives, of 20 observations each, wait on Kafka (default 50000)
  --live-calls N  calls under way whose snapshots a sequencer that starts has to read (default 100000)
  --help          this
`;

/** @returns null when help was asked for @throws Error that names the option */
export function parseArguments(args: readonly string[]): BenchArguments | null {
  const counts = readCounts(args, { calls: 50_000, 'live-calls': 100_000 });
  return counts && { calls: counts.calls, liveCalls: counts['live-calls'] };
}
