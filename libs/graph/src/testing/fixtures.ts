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

export interface DocumentedRequest {
  readonly name: string;
  readonly sort: 'peer' | 'group' | 'organizer' | 'join-id' | 'pstn';
  readonly call: Record<string, unknown>;
}

const SORTS: Readonly<Record<string, DocumentedRequest['sort']>> = {
  '2023-ex1-request-calloptions': 'peer',
  '2023-ex6-request-join-app-hosted': 'organizer',
  '2023-ex7-request-join-id-passcode': 'join-id',
  '2023-ex8-request-join-id-no-passcode': 'join-id',
  '2023-ex9-request-pstn-with-tenant': 'pstn',
  'beta-2021-ex8-guest-join-request': 'organizer',
  'seed-ex1-request': 'peer',
  'seed-ex2-request': 'peer',
  'seed-ex3-request': 'group',
  'seed-ex4-request': 'group',
  'seed-ex5-request': 'organizer',
  'seed-ex6-request': 'organizer',
  'seed-ex7-request': 'pstn',
  'seed-ex8-request': 'pstn',
};

/** Every request of Graph's page, with a tenant where it prints one that is no GUID. */
export function documentedRequests(): DocumentedRequest[] {
  return Object.entries(SORTS).map(([name, sort]) => {
    const text = fixtureText(`create-call/${name}`).replaceAll('63f3esaa1edb', '63f3e5aa1edb');
    return { name, sort, call: JSON.parse(text) as Record<string, unknown> };
  });
}
