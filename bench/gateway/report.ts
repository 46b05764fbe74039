import type { BenchArguments } from './arguments.js';
import type { LoadFigures } from './load.js';

/** What was measured of each system, round by round. */
export interface GatewayFigures {
  readonly post: {
    readonly gateway: readonly LoadFigures[];
    readonly minimal: readonly LoadFigures[];
    readonly bare: readonly LoadFigures[];
  };
  readonly get: { readonly gateway: readonly LoadFigures[]; readonly bare: readonly LoadFigures[] };
}

const WANTED = { vsMinimal: 2.5, vsBare: 0.35, getVsBare: 0.6 } as const;

/** For programs. Of several rounds the median counts. */
export function summaryOf({ post, get }: GatewayFigures) {
  const ratio = (ours: readonly LoadFigures[], others: readonly LoadFigures[]): number =>
    rounded(medianOf(ours).answeredPerSecond / medianOf(others).answeredPerSecond);
  return {
    bench: 'gateway',
    vsMinimal: ratio(post.gateway, post.minimal),
    vsBare: ratio(post.gateway, post.bare),
    getVsBare: ratio(get.gateway, get.bare),
  };
}

/** For people, with the summary as the last line. */
export function reportOf(figures: GatewayFigures, { seconds, rounds, connections, calls }: BenchArguments): string {
  const { vsMinimal, vsBare, getVsBare } = summaryOf(figures);
  const { post, get } = figures;
  const row = (name: string, loads: readonly LoadFigures[]): string => {
    const { answeredPerSecond, p99Ms } = medianOf(loads);
    const all = loads.map((load) => load.answeredPerSecond.toFixed(0)).join(' ');
    return `  ${name.padEnd(44)}${answeredPerSecond.toFixed(0).padStart(8)}${String(p99Ms).padStart(8)}   ${all}`;
  };
  return [
    `${connections} connections, ${rounds} rounds of ${seconds} s for each system in turns`,
    `  ${''.padEnd(44)}${'per s'.padStart(8)}${'p99 ms'.padStart(8)}   per s of each round`,
    row('POST of a call, the gateway', post.gateway),
    row('POST of a call, the minimal gateway', post.minimal),
    row('POST of a call, bare Fastify', post.bare),
    row(`GET of one of ${calls} calls, the gateway`, get.gateway),
    row('GET of one and the same, bare Fastify', get.bare),
    `The gateway accepts ${vsMinimal} times as many calls as the minimal one (wanted: at least ${WANTED.vsMinimal}),`,
    `${vsBare} of what bare Fastify does (wanted: at least ${WANTED.vsBare}), and gives ${getVsBare} of it (wanted: at least ${WANTED.getVsBare}).`,
    '',
    JSON.stringify(summaryOf(figures)),
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
    answeredPerSecond: median(loads.map(({ answeredPerSecond }) => answeredPerSecond)),
    p99Ms: median(loads.map(({ p99Ms }) => p99Ms)),
  };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
