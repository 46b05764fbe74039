import { parseArgs } from 'node:util';

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

/** @returns null when help was asked for @throws Error with the usage */
export function parseArguments(args: readonly string[]): BenchArguments | null {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ args: [...args], options: { calls: text, waiting: text, help: { type: 'boolean' } } });
  if (values.help === true) return null;
  return { calls: count('--calls', values.calls ?? '300'), waiting: count('--waiting', values.waiting ?? '1000') };
}

function count(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${option} must be a whole number from 1, but is «${text}»`);
  return value;
}
