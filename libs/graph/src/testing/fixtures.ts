import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../../fixtures/', import.meta.url);

/** A sample by its path below fixtures/, without `.json`. */
export function fixture(path: string): Record<string, unknown> {
  return JSON.parse(fixtureText(path)) as Record<string, unknown>;
}

export function fixtureText(path: string): string {
  return readFileSync(new URL(`${path}.json`, folder), 'utf8');
}

/** The paths of all samples of one kind, to go through with fixture(). */
export function fixturesOf(kind: 'create-call' | 'notifications'): string[] {
  return readdirSync(new URL(kind, folder)).map((file) => `${kind}/${file.replace(/\.json$/, '')}`);
}

/** A copy that lacks one member. */
export function without(object: Readonly<Record<string, unknown>>, name: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([member]) => member !== name));
}
