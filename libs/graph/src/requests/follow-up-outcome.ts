import { readGraphError, type GraphError } from './graph-error.js';
import { retryAfterMsOf, type WireHeaders } from '../http/response-headers.js';
import { messageOf } from '../errors.js';

/** `isFinal`: asking again changes nothing; else it may be asked again, `retryAfterMs` milliseconds later. */
export interface FollowUpFailure {
  readonly kind: 'failed';
  readonly error: GraphError;
  readonly isFinal: boolean;
  readonly retryAfterMs: number;
}

/** `ended` Graph took the hang-up · `gone` Graph knows no such call (any more). */
export type EndCallOutcome = { readonly kind: 'ended' | 'gone' } | FollowUpFailure;
/** `alive` Graph keeps the call · `gone` Graph knows no such call (any more). */
export type KeepAliveOutcome = { readonly kind: 'alive' | 'gone' } | FollowUpFailure;
/** `found` Graph's call resource, undefined if the answer is no JSON · `gone` Graph knows no such call (any more). */
export type GetCallOutcome = { readonly kind: 'found'; readonly call: unknown } | { readonly kind: 'gone' } | FollowUpFailure;

export interface FollowUpAnswer {
  readonly status: number;
  readonly headers: WireHeaders;
  readonly body: string;
}

/** Refusals that pass by themselves or with a new token. */
const PASSING_REFUSALS: ReadonlySet<number> = new Set([401, 408, 429]);
const UNANSWERED_RETRY_MS = 1_000;

/** What an answer to a request about an existing call means; such requests are safe to repeat. Pure and total. */
export function followUpOutcomeOf<Done extends string>(
  done: Done,
  { status, headers, body }: FollowUpAnswer,
): { readonly kind: Done } | { readonly kind: 'gone' } | FollowUpFailure {
  if (status >= 200 && status < 300) return { kind: done };
  if (status === 404 || status === 410) return { kind: 'gone' };
  const isFinal = status >= 400 && status < 500 && !PASSING_REFUSALS.has(status);
  return { kind: 'failed', error: readGraphError(status, body), isFinal, retryAfterMs: retryAfterMsOf(headers) };
}

/** No answer came at all; the error's `httpStatus` is 0. */
export function followUpUnanswered(error: unknown): FollowUpFailure {
  const message = messageOf(error);
  const graphError = { httpStatus: 0, code: 'NoAnswer', message };
  return { kind: 'failed', error: graphError, isFinal: false, retryAfterMs: UNANSWERED_RETRY_MS };
}
