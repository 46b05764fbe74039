/** As much of Graph's participant as names it; nothing is promised of its members: https://learn.microsoft.com/graph/api/resources/participant */
export interface Participant {
  readonly id?: unknown;
  readonly info?: { readonly identity?: Readonly<Record<string, unknown>> | null } | null;
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
