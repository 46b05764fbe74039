/** Matches JSON, as JSON.stringify writes it, that may hold what `harmless` takes out: most holds none of it. */
export const SUSPECT_JSON = /"__proto__":|"constructor":|\\ud[89a-f]/;

/**
 * A copy of JSON from outside that every reader of events and snapshots can take, in any language: half of a surrogate pair
 * becomes U+FFFD, since strict readers refuse it, and a member that leads to an object's prototype is left out.
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
