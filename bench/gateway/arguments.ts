import { parseArgs } from 'node:util';

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

/** @returns null when help was asked for @throws Error with the usage */
export function parseArguments(args: readonly string[]): BenchArguments | null {
  const text = { type: 'string' } as const;
  const names = { seconds: text, rounds: text, connections: text, calls: text, help: { type: 'boolean' } } as const;
  const { values } = parseArgs({ args: [...args], options: names });
  if (values.help === true) return null;
  return {
    seconds: count('--seconds', values.seconds ?? '6'),
    rounds: count('--rounds', values.rounds ?? '5'),
    connections: count('--connections', values.connections ?? '100'),
    calls: count('--calls', values.calls ?? '100000'),
  };
}

function count(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${option} must be a whole number from 1, but is «${text}»`);
  return value;
}
