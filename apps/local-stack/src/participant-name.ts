interface Identity {
  readonly id?: string | null;
  readonly displayName?: string | null;
}

/** As much of Graph's participant as names it: https://learn.microsoft.com/graph/api/resources/participant */
export interface Participant {
  readonly id?: string | null;
  readonly info?: { readonly identity?: Readonly<Record<string, Identity | string | null | undefined>> | null } | null;
}

/** What to call a participant: its display name, else what kind of identity it is and the beginning of its id. */
export function displayName(participant: Participant): string {
  for (const [kind, identity] of Object.entries(participant.info?.identity ?? {})) {
    if (identity === null || typeof identity !== 'object') continue;
    if (identity.displayName) return identity.displayName;
    if (identity.id) return `${kind} ${identity.id.slice(0, 8)}`;
  }
  return `participant ${(participant.id ?? '').slice(0, 8)}`;
}
