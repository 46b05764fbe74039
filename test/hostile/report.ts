import type { Kind, Phase, Sample } from './honest-load.js';
import type { Tally } from './rogues/rogue.ts';

export interface Latency {
  readonly count: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
}

/** Resident megabytes of one service. */
export interface Memory {
  /** Median of the first phase with rogues. */
  readonly firstMb: number;
  /** Median of the last phase with rogues. */
  readonly lastMb: number;
  readonly mostMb: number;
  readonly limitMb: number;
}

/** The smallest value that at least this share of the values does not exceed (nearest rank). @returns 0 of none */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

export function latencyOf(samples: readonly Sample[], kind: Kind, phase: Phase): Latency {
  const values = samples.filter((sample) => sample.kind === kind && sample.phase === phase).map(({ ms }) => ms);
  return {
    count: values.length,
    p50Ms: percentile(values, 0.5),
    p90Ms: percentile(values, 0.9),
    p99Ms: percentile(values, 0.99),
  };
}

/** @param windows the samples of one service, for each phase with rogues */
export function memoryOfService(windows: readonly (readonly number[])[], limitMb: number): Memory {
  return {
    firstMb: percentile(windows[0] ?? [], 0.5),
    lastMb: percentile(windows.at(-1) ?? [], 0.5),
    mostMb: Math.max(...windows.flat()),
    limitMb,
  };
}

/** @param judged the latency of which the ratio is shown */
export function latencyLine(
  kind: Kind,
  judged: 'p90Ms' | 'p99Ms',
  { quiet, hostile }: { quiet: Latency; hostile: Latency },
): string {
  const shown = ({ count, p50Ms, p90Ms, p99Ms }: Latency): string =>
    `p50 ${p50Ms.toFixed(0).padStart(4)} ms  p90 ${p90Ms.toFixed(0).padStart(4)} ms  p99 ${p99Ms.toFixed(0).padStart(5)} ms (${String(count)})`;
  const ratio = (hostile[judged] / quiet[judged]).toFixed(2);
  return `${kind.padEnd(12)}without rogues ${shown(quiet)}   with rogues ${shown(hostile)}   ratio of ${judged.slice(0, 3)} ${ratio}`;
}

export function memoryLine(name: string, { firstMb, lastMb, mostMb, limitMb }: Memory): string {
  const growth = (lastMb - firstMb).toFixed(0);
  return `${name.padEnd(26)}RSS ${firstMb.toFixed(0)} → ${lastMb.toFixed(0)} MB (${growth.startsWith('-') ? '' : '+'}${growth}), at most ${mostMb.toFixed(0)} of ${limitMb.toFixed(0)} MB`;
}

export function tallyLine(name: string, tally: Tally): string {
  const attacks = Object.entries(tally).map(([attack, { answers }]) => {
    const shown = Object.entries(answers).map(([answer, count]) => `${answer} ×${String(count)}`);
    return `${attack}: ${shown.join(' ')}`;
  });
  return `${name.padEnd(16)}${attacks.join('; ')}`;
}
