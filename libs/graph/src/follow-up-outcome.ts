import { readGraphError, type GraphError } from './graph-error.js';

/** `isFinal`: asking again changes nothing. */
export interface FollowUpFailure {
  readonly kind: 'failed';
  readonly error: GraphError;
  readonly isFinal: boolean;
}

/** `ended` Graph took the hang-up · `gone` Graph knows no such call (any more). */
export type EndCallOutcome = { readonly kind: 'ended' | 'gone' } | FollowUpFailure;
/** `alive` Graph keeps the call · `gone` Graph knows no such call (any more). */
export type KeepAliveOutcome = { readonly kind: 'alive' | 'gone' } | FollowUpFailure;

/** Refusals that pass by themselves or with a new token. */
const PASSING_REFUSALS: ReadonlySet<number> = new Set([401, 408, 429]);

/** What an answer to a request about an existing call means; such requests are safe to repeat. Pure and total. */
export function followUpOutcomeOf<Done extends string>(
  done: Done,
  status: number,
  body: string,
): { kind: Done | 'gone' } | FollowUpFailure {
  if (status >= 200 && status < 300) return { kind: done };
  if (status === 404 || status === 410) return { kind: 'gone' };
  const isFinal = status >= 400 && status < 500 && !PASSING_REFUSALS.has(status);
  return { kind: 'failed', error: readGraphError(status, body), isFinal };
}

/** No answer came at all; the error's `httpStatus` is 0. */
export function followUpUnanswered(error: unknown): FollowUpFailure {
  const message = error instanceof Error ? error.message : String(error);
  return { kind: 'failed', error: { httpStatus: 0, code: 'NoAnswer', message }, isFinal: false };
}
