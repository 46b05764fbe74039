import type { KubernetesObject } from './objects.js';

/** What all manifests hold to. */
export interface Rule {
  readonly name: string;
  /** What is against it, in words; empty where there is nothing. */
  readonly faults: (objects: readonly KubernetesObject[]) => readonly string[];
  /** Changes of a rendition, each of which the rule must see. */
  readonly broken: readonly Change[];
}

/** The same for each of some objects: what is said of it is a fault. */
export function forEach<T extends KubernetesObject>(
  select: (objects: readonly KubernetesObject[]) => readonly T[],
  check: (object: T, objects: readonly KubernetesObject[]) => readonly (string | false)[],
): Rule['faults'] {
  return (objects) =>
    select(objects).flatMap((object) =>
      check(object, objects)
        .filter((fault) => fault !== false)
        .map((fault) => `${object.kind}/${object.metadata.name}: ${fault}`),
    );
}

/**
 * `Kind/name`, a path in it, and the value that it gets; without one what is there is removed, and the object with an empty path.
 * A step of the path in brackets is the name of an element. An object instead of its name is added.
 */
export type Change = readonly [object: string | KubernetesObject, path?: string, value?: unknown];

export function changed(objects: readonly KubernetesObject[], [target, path = '', value]: Change): readonly KubernetesObject[] {
  const copy = structuredClone(objects) as KubernetesObject[];
  if (typeof target !== 'string') return [...copy, target];
  const index = copy.findIndex(({ kind, metadata }) => `${kind}/${metadata.name}` === target);
  if (index < 0) throw new Error(`there is no ${target} to change`);
  const steps = path === '' ? [String(index)] : [String(index), ...path.split(' ')];
  const last = steps.pop() ?? '';
  const holder = steps.reduce<unknown>((held, step) => (held as Held)[keyOf(held, step)], copy) as Held;
  if (value !== undefined) holder[keyOf(holder, last)] = value;
  else if (Array.isArray(holder)) holder.splice(Number(keyOf(holder, last)), 1);
  // The copy is a plain object.
  else Reflect.deleteProperty(holder, last);
  return copy;
}

type Held = Record<string, unknown>;

function keyOf(holder: unknown, step: string): string {
  const name = /^\[(.*)\]$/.exec(step)?.[1];
  if (name === undefined) return step;
  return String((holder as { name: string }[]).findIndex((element) => element.name === name));
}
