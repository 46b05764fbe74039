import { isSettled, type Dispatch, type Transition } from '@callbus/contracts';

/** How a call can end in the ledger. `forbidden`: rejected by ourselves, before Graph was asked. */
export const END_STATES = ['created', 'rejected', 'invalid', 'expired', 'cancelled', 'forbidden'] as const;

export type EndState = (typeof END_STATES)[number];

/** The end that a call came to by this transition; null when it came to none, or had come to one before. */
export function endStateOf(before: Dispatch | undefined, after: Dispatch, transition: Transition): EndState | null {
  if (!isSettled(after) || (before !== undefined && isSettled(before))) return null;
  if (transition.kind === 'forbidden') return 'forbidden';
  return END_STATES.find((state) => state === after.phase) ?? null;
}
