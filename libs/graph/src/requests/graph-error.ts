import { adviceOn } from './advice.js';
import { isObject, memberOf, parseJson, textOf, type JsonObject } from '../json-value.js';

/** What Graph said when it refused, or what became of the request when Graph said nothing (`httpStatus` 0). */
export interface GraphError {
  readonly httpStatus: number;
  /** Graph's code («7505», «InvalidAuthenticationToken»), the inner one where the outer only says UnknownError; `Http502` where there is none. */
  readonly code: string;
  readonly message: string;
  /** What to do about it, for people, where there is something special to do. */
  readonly advice?: string;
  /** Graph's own id of the request, which its support asks for. */
  readonly requestId?: string;
  /** The rest of what Graph sent inside the error, as it came. */
  readonly details?: JsonObject;
}

/** These bound what somebody else's error can put into our records. */
const MAX_MESSAGE_LENGTH = 2_000;
const MAX_CODE_LENGTH = 200;
/** As JSON; what is larger is left out. */
const MAX_DETAILS_LENGTH = 4_000;

/**
 * Reads the body of a refusal. Never throws. Two dialects are in use: (a) the code is the number as text,
 * (b) the code is UnknownError and the message is itself JSON text with `errorCode` and `message`. The token
 * endpoint's `{error, error_description}` is read too.
 * @param call what Graph was asked to create, if that is what it refused
 * @see https://learn.microsoft.com/graph/errors
 */
export function readGraphError(httpStatus: number, body: string, call?: object): GraphError {
  const parsed = parseJson(body);
  const error = memberOf(parsed, 'error');
  if (isObject(error)) return errorOf(httpStatus, error, call);
  if (typeof error === 'string' && error !== '') {
    return { httpStatus, code: clipped(error, MAX_CODE_LENGTH), message: clipped(textOf(parsed, 'error_description') ?? error) };
  }
  return isObject(parsed)
    ? errorOf(httpStatus, parsed, call)
    : { httpStatus, code: `Http${httpStatus}`, message: withoutBody(httpStatus) };
}

function errorOf(httpStatus: number, error: JsonObject, call: object | undefined): GraphError {
  const message = textOf(error, 'message');
  const nested = message?.startsWith('{') ? parseJson(message) : undefined;
  const inner = memberOf(error, 'innerError') ?? memberOf(error, 'innererror');
  const requestId = textOf(inner, 'request-id')?.slice(0, MAX_CODE_LENGTH);
  const code = codeOf(nested) ?? codeOf(error) ?? `Http${httpStatus}`;
  const advice = adviceOn(code, call);
  return {
    httpStatus,
    code,
    message: clipped(textOf(nested, 'message') ?? message ?? withoutBody(httpStatus)),
    ...(advice !== undefined && { advice }),
    ...(requestId !== undefined && { requestId }),
    ...(isObject(inner) && JSON.stringify(inner).length <= MAX_DETAILS_LENGTH && { details: inner }),
  };
}

function codeOf(value: unknown): string | undefined {
  for (const name of ['errorCode', 'code']) {
    const code = memberOf(value, name);
    if (typeof code === 'number') return String(code);
    if (typeof code === 'string' && code !== '') return clipped(code, MAX_CODE_LENGTH);
  }
  return undefined;
}

function clipped(text: string, maxLength = MAX_MESSAGE_LENGTH): string {
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
}

function withoutBody(httpStatus: number): string {
  return `Graph answered ${httpStatus} without a readable error.`;
}
