import { MONTHLY_LIMIT_CODE } from './advice.js';
import { readGraphError, type GraphError } from './graph-error.js';
import { isObject, parseJson, textOf } from '../json-value.js';
import { retryAfterMsOf, headerOf, type WireHeaders } from '../http/response-headers.js';

/**
 * What is known of the bytes of one POST, whatever any exception says:
 * `not-connected` no connection came about · `nothing-sent` connected, and not one byte of the request was written ·
 * `sent` bytes were written and no status line came back · `answered` a final status line was read; `body` is null or
 * cut where the rest did not come. `receivedAtMs`: when the status line was read, for a Retry-After that is a date.
 */
export type WireResult =
  | { readonly stage: 'not-connected' | 'nothing-sent' | 'sent'; readonly error: Error }
  | {
      readonly stage: 'answered';
      readonly status: number;
      readonly headers: WireHeaders;
      readonly body: string | null;
      readonly receivedAtMs?: number;
    };

type Answer = WireResult & { readonly stage: 'answered' };

/**
 * What one POST came to: `created` a call exists · `unauthorized`, `throttled`, `rejected` Graph surely made none ·
 * `not-sent` Graph never saw it · `unknown` it may have dialled, so it must never be sent again by itself.
 */
export type CreateCallOutcome =
  | {
      readonly kind: 'created';
      /** From the body, else from Location; null if both were lost: a callback will tell. */
      readonly graphCallId: string | null;
      readonly call: object | null;
      readonly requestId: string | null;
    }
  | { readonly kind: 'unauthorized'; readonly error: GraphError }
  | { readonly kind: 'throttled'; readonly retryAfterMs: number; readonly error: GraphError }
  | { readonly kind: 'rejected'; readonly error: GraphError }
  | {
      readonly kind: 'not-sent';
      readonly why: string;
      /** Whether Graph, or the way to it, was away. */ readonly isUnreachable: boolean;
    }
  | {
      readonly kind: 'unknown';
      readonly why: string;
      /** What Graph answered, if it did. */ readonly error?: GraphError;
      /** The `Retry-After` of a 503, ms, if it has one. */ readonly retryAfterMs?: number;
    };

/**
 * Pure and total. Unless the result proves that a call was made or that none was made, the outcome is unknown.
 * @param call the call that was asked for; advice on a refusal may depend on it
 */
export function outcomeOf(wire: WireResult, call?: object): CreateCallOutcome {
  switch (wire.stage) {
    case 'not-connected':
      return { kind: 'not-sent', why: `no connection to Graph: ${wire.error.message}`, isUnreachable: true };
    case 'nothing-sent':
      return { kind: 'not-sent', why: `no byte of the request was sent: ${wire.error.message}`, isUnreachable: false };
    case 'sent':
      return { kind: 'unknown', why: `the request was sent and no answer came: ${wire.error.message}` };
    case 'answered':
      return outcomeOfAnswer(wire, call);
  }
}

function outcomeOfAnswer(answer: Answer, call: object | undefined): CreateCallOutcome {
  const { status } = answer;
  if (status === 201) return created(answer);
  const error = errorOf(answer, call);
  if (status < 400 || status >= 500 || status === 408) {
    const asksToWait = status === 503 && headerOf(answer.headers, 'retry-after') !== undefined;
    const retryAfterMs = retryAfterMsOf(answer.headers, answer.receivedAtMs);
    const why = `Graph answered ${status} (${error.code}): ${error.message}`;
    return { kind: 'unknown', why, error, ...(asksToWait && { retryAfterMs }) };
  }
  if (status === 401) return { kind: 'unauthorized', error };
  if (status === 429 && error.code !== MONTHLY_LIMIT_CODE) {
    return { kind: 'throttled', retryAfterMs: retryAfterMsOf(answer.headers, answer.receivedAtMs), error };
  }
  return { kind: 'rejected', error };
}

function created({ headers, body }: Answer): CreateCallOutcome {
  const parsed = parseJson(body ?? '');
  const call = isObject(parsed) ? parsed : null;
  return {
    kind: 'created',
    graphCallId: textOf(call, 'id') ?? idOfLocation(headerOf(headers, 'location')),
    call,
    requestId: headerOf(headers, 'request-id') ?? null,
  };
}

function errorOf({ status, headers, body }: Answer, call: object | undefined): GraphError {
  const error = readGraphError(status, body ?? '', call);
  const requestId = error.requestId ?? headerOf(headers, 'request-id');
  return requestId === undefined ? error : { ...error, requestId };
}

function idOfLocation(location: string | undefined): string | null {
  return /\/calls\/([\w-]{1,128})\/?$/i.exec(location ?? '')?.[1] ?? null;
}
