import { isDeepStrictEqual } from 'node:util';
import { plainGraphId, type JsonObject } from '@callbus/graph';
import { idOf, objectOf } from '../read/json-members.js';

/** A participant by what tells it from others. */
export interface RosterEntry {
  readonly key: string;
  /** As Graph writes it. */
  readonly id: string;
  readonly participant: JsonObject;
}

export interface RosterDifference {
  readonly joined: string[];
  readonly left: string[];
  readonly changed: string[];
}

/** What differs between two whole rosters, by participant id. */
export function compareRosters(before: readonly RosterEntry[], after: readonly RosterEntry[]): RosterDifference {
  const old = new Map(before.map((entry) => [entry.key, entry]));
  const now = new Set(after.map(({ key }) => key));
  const isChanged = ({ key, participant }: RosterEntry): boolean =>
    old.has(key) && !isDeepStrictEqual(old.get(key)?.participant, participant);
  return {
    joined: after.filter(({ key }) => !old.has(key)).map(({ id }) => id),
    left: before.filter(({ key }) => !now.has(key)).map(({ id }) => id),
    changed: after.filter(isChanged).map(({ id }) => id),
  };
}

/**
 * The participants of a list, each under a key of its own. Graph leaves the ids of those just invited null: then the
 * identity tells who it is, and at worst the place in the list.
 */
export function rosterEntries(participants: readonly JsonObject[]): RosterEntry[] {
  const counts = new Map<string, number>();
  return participants.map((participant, index) => {
    const id = participantId(participant) ?? `#${String(index)}`;
    const plain = plainGraphId(id);
    const count = (counts.get(plain) ?? 0) + 1;
    counts.set(plain, count);
    return { key: count === 1 ? plain : `${plain}#${String(count)}`, id, participant };
  });
}

function participantId({ id, info }: JsonObject): string | null {
  const { participantId: infoId, identity } = objectOf(info) ?? {};
  const identityIds = Object.values(objectOf(identity) ?? {}).map((one) => idOf(objectOf(one)?.['id']));
  return idOf(id) ?? idOf(infoId) ?? identityIds.find((one) => one !== null) ?? null;
}
