import type { JsonObject } from '@callbus/graph';

const MIB = 1024 * 1024;

/**
 * Bytes of JSON that each part of a history may have, so that no event and no snapshot outgrows its topic (8 MiB). An event
 * carries one part; a snapshot carries the participants, the call and, of a few KiB each, the rest.
 */
export const SIZE_LIMITS = {
  /** A participant counts with its id twice more, since it may be named among those who joined, changed or left. */
  participants: 4.75 * MIB,
  removedParticipants: MIB,
  call: MIB,
  operation: 4 * MIB,
  contentSharingSessions: 4 * MIB,
  /** Of a result or a media state; a larger one is not taken for one. */
  detail: 16 * 1024,
} as const;

export interface Fitting<T> {
  readonly kept: T;
  /** How many were left out. */
  readonly truncated: number;
}

/** The entries, in their order, but for those that do not fit into the limit with the ones before them. */
export function fittingEntries<T>(entries: readonly T[], maxBytes: number, bytesOf: (entry: T) => number): Fitting<T[]> {
  let bytes = 0;
  const kept = entries.filter((entry) => {
    const size = bytesOf(entry);
    if (bytes + size > maxBytes) return false;
    bytes += size;
    return true;
  });
  return { kept, truncated: entries.length - kept.length };
}

export function fittingMembers(object: JsonObject, maxBytes: number): Fitting<JsonObject> {
  const { kept, truncated } = fittingEntries(Object.entries(object), maxBytes, jsonBytes);
  return truncated === 0 ? { kept: object, truncated } : { kept: Object.fromEntries(kept), truncated };
}

export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** For an event: it says so only if something was left out. */
export function cutBy(truncated: number): { truncated?: number } {
  return truncated > 0 ? { truncated } : {};
}
