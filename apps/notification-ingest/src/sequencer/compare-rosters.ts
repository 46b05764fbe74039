import { isDeepStrictEqual } from 'node:util';

type Participant = Readonly<Record<string, unknown>>;

export interface RosterChange {
  readonly joined: string[];
  readonly left: string[];
  readonly changed: string[];
}

/** What differs between two whole rosters, by participant id. @returns null when nothing does */
export function compareRosters(before: readonly Participant[], after: readonly Participant[]): RosterChange | null {
  const old = byId(before);
  const now = byId(after);
  const joined = [...now.keys()].filter((id) => !old.has(id));
  const left = [...old.keys()].filter((id) => !now.has(id));
  const changed = [...now]
    .filter(([id, participant]) => old.has(id) && !isDeepStrictEqual(old.get(id), participant))
    .map(([id]) => id);
  return joined.length + left.length + changed.length === 0 ? null : { joined, left, changed };
}

/** A participant without an id (Graph sends some) is known by its place in the list. */
function byId(roster: readonly Participant[]): Map<string, Participant> {
  return new Map(
    roster.map((participant, index) => [
      typeof participant['id'] === 'string' ? participant['id'] : `#${String(index)}`,
      participant,
    ]),
  );
}
