import fc from 'fast-check';
import { readNotifications } from '../read/read-notifications.js';
import { accepted, created, foldAll, graphCallIdOf, notification, sampleBody, SAMPLE_NAMES } from '../testing/observations.js';

type Json = Record<string, unknown> | unknown[];

const anyMutation = fc.record({
  at: fc.nat(),
  action: fc.constantFrom('remove', 'replace', 'repeat', 'wrap', 'unwrap', 'shout', 'borrow' as const),
  value: fc.jsonValue({ maxDepth: 2 }),
});

/** Every place in a body: an object or list, and the name or index of a member of it. */
function placesIn(json: unknown): (readonly [Json, string])[] {
  if (typeof json !== 'object' || json === null) return [];
  return Object.entries(json).flatMap(([name, member]) => [[json as Json, name] as const, ...placesIn(member)]);
}

function mutate(body: unknown, { at, action, value }: { at: number; action: string; value: unknown }): void {
  const places = placesIn(body);
  const place = places[at % places.length];
  if (place === undefined) return;
  const [parent, name] = place as [Record<string, unknown>, string];
  const member = parent[name];
  const [other, otherName] = places[(at * 7) % places.length] as [Record<string, unknown>, string];
  if (action === 'remove') Reflect.deleteProperty(parent, name);
  else if (action === 'repeat' && Array.isArray(parent)) parent.push(structuredClone(member));
  else if (action === 'wrap') parent[name] = [member];
  else if (action === 'unwrap' && Array.isArray(member)) parent[name] = member[0] as unknown;
  else if (action === 'shout' && typeof member === 'string') parent[name] = member.toUpperCase();
  else if (action === 'borrow') parent[name] = structuredClone(other[otherName]);
  else parent[name] = value;
}

const anyMutatedBody = fc
  .tuple(fc.constantFrom(...SAMPLE_NAMES), fc.array(anyMutation, { minLength: 1, maxLength: 4 }))
  .map(([name, mutations]) => {
    const graphCallId = graphCallIdOf(sampleBody(name));
    const body: unknown = JSON.parse(sampleBody(name));
    for (const mutation of mutations) mutate(body, mutation);
    return { graphCallId, body: JSON.stringify(body) };
  });

/** The texts and numbers of a resource, in lower case since enums may be spelled otherwise; without what is never told. */
function saidIn(value: unknown, isDeletion: boolean, depth = 0): string[] {
  if (typeof value === 'string' || typeof value === 'number')
    return [JSON.stringify(value).replaceAll(/^"|"$/g, '').toLowerCase()];
  if (typeof value !== 'object' || value === null) return [];
  const isUntold = (name: string): boolean =>
    name.startsWith('@odata.') ||
    (depth === 0 && !Array.isArray(value) && ['id', 'callbackUri', ...(isDeletion ? ['state', 'callState'] : [])].includes(name));
  return Object.entries(value).flatMap(([name, member]) =>
    isUntold(name) ? [] : saidIn(member, isDeletion, Array.isArray(value) ? depth : depth + 1),
  );
}

function itemsOf(body: string): Record<string, unknown>[] {
  const { value } = JSON.parse(body) as { value?: unknown };
  return [value].flat().filter((one): one is Record<string, unknown> => typeof one === 'object' && one !== null);
}

describe('a recorded body that was changed anyhow', () => {
  it('is read without an error, each of its notifications to one change at least', () => {
    fc.assert(
      fc.property(anyMutatedBody, ({ body }) => {
        expect(readNotifications(Buffer.from(body)).length).toBeGreaterThanOrEqual(Math.max(1, itemsOf(body).length));
      }),
      { numRuns: 2_000 },
    );
  });

  it('does not vanish: what it says is told, was known before, or is put aside', () => {
    fc.assert(
      fc.property(anyMutatedBody, ({ graphCallId, body }) => {
        const before = foldAll([accepted(), created(graphCallId)]).history;
        const { events, unhandled } = foldAll([notification('n', body)], before);
        if (unhandled.length > 0) return;
        const told = JSON.stringify([before, events]).toLowerCase();
        for (const { changeType, resourceData } of itemsOf(body)) {
          const isDeletion = typeof changeType === 'string' && changeType.toLowerCase() === 'deleted';
          expect(saidIn(resourceData, isDeletion).filter((text) => !told.includes(text))).toEqual([]);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
