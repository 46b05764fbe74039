/** Matches JSON, as JSON.stringify writes it, that may need `harmless`. Most JSON does not match and skips it. */
export const SUSPECT_JSON = /"__proto__":|"constructor":|\\ud[89a-f]/;

/**
 * Copies JSON from outside into a form that every reader of events and snapshots accepts, in any language: half of a surrogate
 * pair becomes U+FFFD, since strict readers refuse it, and members that lead to an object's prototype are removed.
 */
export function harmless<T>(value: T): T {
  return copyOf(value) as T;
}

function copyOf(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, member]) => !leadsToPrototype(name, member))
      .map(([name, member]) => [name.toWellFormed(), copyOf(member)]),
  );
}

function leadsToPrototype(name: string, member: unknown): boolean {
  if (name === '__proto__') return true;
  return name === 'constructor' && typeof member === 'object' && member !== null && Object.hasOwn(member, 'prototype');
}
