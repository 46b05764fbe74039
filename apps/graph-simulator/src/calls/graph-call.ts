import { isObject, memberOf } from '@callbus/graph';

/** The parts of a create's body that the simulator looks at. Everything is as its sender wrote it and may be anything. */
export type Json = Readonly<Record<string, unknown>>;

/** A member at a path of names; undefined wherever the path leaves the objects. */
export function memberAt(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(memberOf, value);
}

export function objectAt(value: unknown, ...path: readonly string[]): Json | undefined {
  const member = memberAt(value, ...path);
  return isObject(member) ? member : undefined;
}

export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const member = memberAt(value, ...path);
  return typeof member === 'string' ? member : undefined;
}

/** The objects in a list; none if it is no list. */
export function objectsAt(value: unknown, ...path: readonly string[]): readonly Json[] {
  const member = memberAt(value, ...path);
  return Array.isArray(member) ? member.filter(isObject) : [];
}
