import { percentile } from './figures.js';

/** What became of commands that waited together. */
export interface Throughput {
  readonly waiting: number;
  readonly callsPerSecond: number;
}

export interface DispatchFigures {
  /** Milliseconds from a command's append to its create's arrival, of calls one at a time. */
  readonly latenciesMs: { readonly obvious: readonly number[]; readonly callbus: readonly number[] };
  readonly throughput: {
    readonly obvious: Throughput;
    /** With as many messages under way at once as there are partitions. */
    readonly obviousByPartition: Throughput;
    readonly callbus: Throughput;
  };
}

/** Under which the figures came about. */
export interface Conditions {
  /** How long Graph took for each answer while commands waited. */
  readonly answeredAfterMs: number;
  readonly partitions: number;
  /** Settings of the dispatcher that differ from their defaults. */
  readonly raisedLimits: Readonly<Record<string, string>>;
}

const WANTED = { addedP50Ms: 10, throughputRatio: 5 } as const;

/** For programs. */
export function summaryOf({ latenciesMs, throughput }: DispatchFigures) {
  const addedP50Ms = percentile(latenciesMs.callbus, 0.5) - percentile(latenciesMs.obvious, 0.5);
  const throughputRatio = throughput.callbus.callsPerSecond / throughput.obvious.callsPerSecond;
  return { bench: 'dispatch', addedP50Ms: rounded(addedP50Ms), throughputRatio: rounded(throughputRatio) };
}

/** For people, with the summary as the last line. */
export function reportOf(figures: DispatchFigures, { answeredAfterMs, partitions, raisedLimits }: Conditions): string {
  const { latenciesMs, throughput } = figures;
  const { addedP50Ms, throughputRatio } = summaryOf(figures);
  const latency = (name: string, values: readonly number[]): string[] => [
    name,
    percentile(values, 0.5).toFixed(1),
    percentile(values, 0.99).toFixed(1),
  ];
  const rate = (name: string, { waiting, callsPerSecond }: Throughput): string[] => [
    name,
    String(waiting),
    callsPerSecond.toFixed(1),
    (throughput.callbus.callsPerSecond / callsPerSecond).toFixed(1),
  ];
  return [
    `From a command’s append to its create’s arrival, one at a time, ${latenciesMs.callbus.length} calls of each in turns`,
    ...table([['', 'p50 ms', 'p99 ms'], latency('obvious stack', latenciesMs.obvious), latency('callbus', latenciesMs.callbus)]),
    `Added at p50: ${addedP50Ms.toFixed(1)} ms (wanted: at most ${WANTED.addedP50Ms})`,
    '',
    `Commands that wait together, Graph answering after ${answeredAfterMs} ms`,
    ...table([
      ['', 'commands', 'calls/s', 'callbus makes … times as many'],
      rate('obvious stack, kafkajs’ default: one message at a time', throughput.obvious),
      rate(`obvious stack, partitionsConsumedConcurrently: ${partitions}`, throughput.obviousByPartition),
      rate('callbus', throughput.callbus),
    ]),
    `Times the calls/s of the default: ${throughputRatio.toFixed(1)} (wanted: at least ${WANTED.throughputRatio})`,
    'Where one message at a time is under way, fewer commands tell the same and do not take minutes.',
    `Raised: ${Object.entries(raisedLimits)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ')}`,
    '',
    JSON.stringify(summaryOf(figures)),
    '',
  ].join('\n');
}

/** Names on the left, figures on the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const padded = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return rows.map((row) => `  ${row.map(padded).join('  ')}`);
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
