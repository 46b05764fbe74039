import { readCounts } from '../option-counts.js';

export interface BenchArguments {
  /** Measured one at a time, of each system. */
  readonly calls: number;
  /** Commands that wait at once. */
  readonly waiting: number;
}

export const USAGE = `npm run bench:dispatch [-- options]    callbus side by side with the obvious stack (bench/README.md)

  --calls N      calls that each system places one at a time, for the latency (default 300)
  --waiting N    commands that wait at once, for the throughput (default 1000)
  --help         this
`;

/** @returns null when help was asked for @throws Error that names the option */
export function parseArguments(args: readonly string[]): BenchArguments | null {
  return readCounts(args, { calls: 300, waiting: 1_000 });
}
