import { asText, isObject } from './graph-words.js';

/** As much of Graph's participant as names it; nothing is promised of its members: https://learn.microsoft.com/graph/api/resources/participant */
interface Participant {
  readonly id?: unknown;
  readonly info?: { readonly identity?: Readonly<Record<string, unknown>> | null } | null;
}

/** Names in one list; more are only counted. */
const MOST_NAMES = 8;

/** What the participants of one call are named, also those that have left. */
export class ParticipantNames {
  private readonly names = new Map<string, string>();

  /** What the roster of an event says: who is there, who has joined and who has left. */
  rosterText(data: Readonly<Record<string, unknown>>): string {
    const participants: readonly Participant[] = listIn(data['participants']).filter(isObject);
    for (const participant of participants) {
      if (typeof participant.id === 'string') this.names.set(participant.id, displayName(participant));
    }
    const changes = ['joined', 'left'].flatMap((change) => {
      const ids = listIn(data[change]).map(asText);
      return ids.length === 0 ? [] : [`(${change}: ${listOf(ids.map((id) => this.nameOf(id)))})`];
    });
    return [listOf(participants.map(displayName)), ...changes].join(' ');
  }

  private nameOf(participantId: string): string {
    return this.names.get(participantId) ?? participantId.slice(0, 8);
  }
}

/** What to call a participant: its display name, else what kind of identity it is and the beginning of its id. */
export function displayName(participant: Participant): string {
  for (const [kind, identity] of Object.entries(participant.info?.identity ?? {})) {
    if (identity === null || typeof identity !== 'object') continue;
    const { displayName: name, id } = identity as { readonly displayName?: unknown; readonly id?: unknown };
    if (typeof name === 'string' && name !== '') return name;
    if (typeof id === 'string' && id !== '') return `${kind} ${id.slice(0, 8)}`;
  }
  return `participant ${typeof participant.id === 'string' ? participant.id.slice(0, 8) : ''}`;
}

function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function listOf(names: readonly string[]): string {
  if (names.length === 0) return 'nobody';
  return names.length > MOST_NAMES ? `${names.length} participants` : names.join(', ');
}
