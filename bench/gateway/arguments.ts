import { readCounts } from '../option-counts.js';

export interface BenchArguments {
  /** That requests are sent to each system in every round. */
  readonly seconds: number;
  /** In which every system has its turn. */
  readonly rounds: number;
  /** Open at once, with one request under way on each. */
  readonly connections: number;
  /** That there are snapshots of, and of which one is read at a time. */
  readonly calls: number;
}

export const USAGE = `npm run bench:gateway [-- options]    the gateway side by side with two others (bench/gateway/README.md)

  --seconds N      that requests are sent to each system in every round (default 6)
  --rounds N       in which every system has its turn (default 5)
  --connections N  open at once (default 100)
  --calls N        that there are snapshots of (default 100000)
  --help           this
`;

/** @returns null when help was asked for @throws Error that names the option */
export function parseArguments(args: readonly string[]): BenchArguments | null {
  return readCounts(args, { seconds: 6, rounds: 5, connections: 100, calls: 100_000 });
}
