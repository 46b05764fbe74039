import type { PlacedCommand } from './command-topic.js';

/** By callId, when its create arrived at Graph, milliseconds since 1970 with their fraction. */
export type Arrivals = ReadonlyMap<string, number>;

/** The smallest of the values that at least this share of them (0 to 1) does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new Error('there are no values');
  return value;
}

/** Milliseconds from the command's append to its create's arrival. */
export function latencyMs({ callId, appendedAtMs }: PlacedCommand, arrivals: Arrivals): number {
  const arrivedAtMs = arrivals.get(callId);
  if (arrivedAtMs === undefined) throw new Error(`the create of ${callId} has not arrived`);
  return arrivedAtMs - appendedAtMs;
}

/**
 * Calls per second of commands that waited together: from the first append until the last create was answered.
 * @param answeredAfterMs how long Graph takes for each answer
 */
export function callsPerSecond(commands: readonly PlacedCommand[], arrivals: Arrivals, answeredAfterMs: number): number {
  const begunAtMs = Math.min(...commands.map(({ appendedAtMs }) => appendedAtMs));
  const longestMs = Math.max(...commands.map(({ callId }) => latencyMs({ callId, appendedAtMs: begunAtMs }, arrivals)));
  return commands.length / ((longestMs + answeredAfterMs) / 1_000);
}
