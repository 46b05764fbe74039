import type { LoadFigures } from './load.js';
import type { BenchArguments } from './arguments.js';

/** What was measured of each system, round by round. */
export interface IngestFigures {
  readonly receiver: readonly LoadFigures[];
  readonly obvious: readonly LoadFigures[];
  readonly bare: readonly LoadFigures[];
}

const WANTED = { vsObvious: 4, vsBare: 0.5 } as const;

/** For programs. Of several rounds the median counts. */
export function summaryOf({ receiver, obvious, bare }: IngestFigures) {
  const rate = medianOf(receiver).acceptedPerSecond;
  return {
    bench: 'ingest',
    vsObvious: rounded(rate / medianOf(obvious).acceptedPerSecond),
    vsBare: rounded(rate / medianOf(bare).acceptedPerSecond),
    p99Ms: medianOf(receiver).p99Ms,
    obviousP99Ms: medianOf(obvious).p99Ms,
  };
}

/** For people, with the summary as the last line. */
export function reportOf(figures: IngestFigures, { seconds, rounds, connections, calls }: BenchArguments): string {
  const summary = summaryOf(figures);
  const row = (name: string, loads: readonly LoadFigures[]): string => {
    const { acceptedPerSecond, p99Ms } = medianOf(loads);
    const all = loads.map((load) => load.acceptedPerSecond.toFixed(0)).join(' ');
    return `  ${name.padEnd(28)}${acceptedPerSecond.toFixed(0).padStart(12)}${String(p99Ms).padStart(9)}   ${all}`;
  };
  return [
    `${connections} connections, recorded bodies about ${calls} calls, ${rounds} rounds of ${seconds} s for each system in turns`,
    `  ${''.padEnd(28)}${'accepted/s'.padStart(12)}${'p99 ms'.padStart(9)}   accepted/s of each round`,
    row('the receiver', figures.receiver),
    row('the obvious stack', figures.obvious),
    row('a bare route of Fastify', figures.bare),
    `The receiver accepts ${summary.vsObvious} times as many as the obvious stack (wanted: at least ${WANTED.vsObvious}),`,
    `and ${summary.vsBare} of what a bare route does (wanted: at least ${WANTED.vsBare}).`,
    '',
    JSON.stringify(summary),
    '',
  ].join('\n');
}

function medianOf(loads: readonly LoadFigures[]): LoadFigures {
  const median = (values: readonly number[]): number => {
    const sorted = values.toSorted((a, b) => a - b);
    const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1);
    if (middle.length === 0) throw new Error('there are no figures');
    return middle.reduce((sum, value) => sum + value, 0) / middle.length;
  };
  return {
    acceptedPerSecond: median(loads.map(({ acceptedPerSecond }) => acceptedPerSecond)),
    p99Ms: median(loads.map(({ p99Ms }) => p99Ms)),
  };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
