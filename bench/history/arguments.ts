import { parseArgs } from 'node:util';

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

/** @returns null when help was asked for @throws Error with the usage */
export function parseArguments(args: readonly string[]): BenchArguments | null {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ args: [...args], options: { calls: text, 'live-calls': text, help: { type: 'boolean' } } });
  if (values.help === true) return null;
  return { calls: count('--calls', values.calls ?? '50000'), liveCalls: count('--live-calls', values['live-calls'] ?? '100000') };
}

function count(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${option} must be a whole number from 1, but is «${text}»`);
  return value;
}
