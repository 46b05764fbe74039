import { readCounts } from '../option-counts.js';

export interface BenchArguments {
  /** That callbacks are sent to each system in every round. */
  readonly seconds: number;
  /** In which every system has its turn. */
  readonly rounds: number;
  /** Open at once, with one request under way on each. */
  readonly connections: number;
  /** Calls that the callbacks are about, each with a token of its own. */
  readonly calls: number;
}

export const USAGE = `npm run bench:ingest [-- options]    the receiver side by side with two others (bench/ingest/README.md)

  --seconds N      that callbacks are sent to each system in every round (default 6)
  --rounds N       in which every system has its turn (default 5)
  --connections N  open at once (default 100)
  --calls N        calls that the callbacks are about, each with a token of its own (default 1000)
  --help           this
`;

/** @returns null when help was asked for @throws Error that names the option */
export function parseArguments(args: readonly string[]): BenchArguments | null {
  return readCounts(args, { seconds: 6, rounds: 5, connections: 100, calls: 1_000 });
}
