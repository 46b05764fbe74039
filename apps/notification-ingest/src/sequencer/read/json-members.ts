import { isObject, type JsonObject } from '@callbus/graph';

export function objectOf(value: unknown): JsonObject | null {
  return isObject(value) ? value : null;
}

/** A list; what is none is a list of one, and nothing an empty one. */
export function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  return value == null ? [] : [value];
}

/** A text that is not empty. */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** A name of one of Graph's enums, known or not. */
export function nameOf(value: unknown): string | null {
  return typeof value === 'string' && /^[a-z]\w{0,63}$/i.test(value) ? value : null;
}

/** An id of Graph's; what is longer than any of them is none. */
export function idOf(value: unknown): string | null {
  return typeof value === 'string' && /^[^\s]{1,128}$/.test(value) ? value : null;
}

/** A number that Graph counts with: OData writes such integers as text at times. */
export function countOf(value: unknown): number | null {
  const count = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
  return Number.isSafeInteger(count) ? (count as number) : null;
}
