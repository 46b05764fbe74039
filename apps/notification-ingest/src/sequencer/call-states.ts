/**
 * Graph's call states with their rank in a call's life: a lower rank than the current one came late.
 * https://learn.microsoft.com/graph/api/resources/call
 */
const RANKS: Readonly<Record<string, number>> = {
  incoming: 0,
  establishing: 1,
  established: 2,
  hold: 2,
  transferring: 2,
  transferAccepted: 2,
  redirecting: 2,
  terminating: 3,
  terminated: 4,
};

const BY_LOWER_CASE = new Map(Object.keys(RANKS).map((state) => [state.toLowerCase(), state]));

export const TERMINATED = 'terminated';

/** Graph's spelling of a state, whatever the case it came in; a state that nobody knows stays as it is. */
export function canonicalState(state: string): string {
  return BY_LOWER_CASE.get(state.toLowerCase()) ?? state;
}

/** A state that nobody knows neither comes late nor makes others late: it has the rank of the current one. */
export function isLate(state: string, current: string | null): boolean {
  if (current === null) return false;
  const currentRank = RANKS[current] ?? 0;
  return (RANKS[state] ?? currentRank) < currentRank;
}
