export interface ApiErrorOptions extends ErrorOptions {
  readonly details?: readonly ApiErrorDetail[];
  /** Header names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** One thing that is wrong: `target` is the path in the body. */
export interface ApiErrorDetail {
  readonly target: string;
  readonly message: string;
}

/** What a caller is told, in Graph's own envelope. The message says what to do, and never repeats a token or a number. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly options: ApiErrorOptions = {},
  ) {
    super(message, options);
    this.name = 'ApiError';
  }
}

export function unauthorized(message: string, cause?: unknown): ApiError {
  return new ApiError(401, 'InvalidAuthenticationToken', message, { cause, headers: { 'www-authenticate': 'Bearer' } });
}

export function unavailable(message: string, retryAfterSeconds: number, cause?: unknown): ApiError {
  return new ApiError(503, 'ServiceUnavailable', message, { cause, headers: { 'retry-after': String(retryAfterSeconds) } });
}

export function tooManyRequests(message: string, retryAfterSeconds: number): ApiError {
  return new ApiError(429, 'TooManyRequests', message, { headers: { 'retry-after': String(retryAfterSeconds) } });
}

/** Also for calls that the caller may not see: whether they exist is nobody else's business. */
export function noSuchCall(headers: Readonly<Record<string, string>> = {}): ApiError {
  return new ApiError(404, 'NotFound', 'There is no such call.', { headers });
}

/** @param allowed what the path does have */
export function methodNotAllowed(allowed: readonly string[]): ApiError {
  const allow = allowed.toSorted().join(', ');
  return new ApiError(405, 'MethodNotAllowed', `Here are ${allow}.`, { headers: { allow } });
}

/**
 * The error's body as Graph writes it.
 * @see https://learn.microsoft.com/graph/errors
 */
export function errorBody(
  { code, message, options: { details } }: ApiError,
  request: { readonly id: string; readonly clientRequestId: string | undefined; readonly date: Date },
): object {
  return {
    error: {
      code,
      message,
      ...(details === undefined
        ? {}
        : { details: details.map(({ target, message: fault }) => ({ code: 'InvalidValue', target, message: fault })) }),
      innerError: {
        date: request.date.toISOString(),
        'request-id': request.id,
        ...(request.clientRequestId === undefined ? {} : { 'client-request-id': request.clientRequestId }),
      },
    },
  };
}
