/**
 * No token could be had for a tenant. The message says what to do; it never holds a secret or a token.
 * `TOKEN_REFUSED`: the authority answered and refused, so trying again changes nothing until somebody mends it.
 * `TOKEN_UNAVAILABLE`: the authority could not be reached or failed, or the federated token could not be read; try again later.
 */
export type GraphTokenErrorCode = 'TOKEN_REFUSED' | 'TOKEN_UNAVAILABLE';

export class GraphTokenError extends Error {
  constructor(
    readonly code: GraphTokenErrorCode,
    message: string,
    options?: ErrorOptions,
    /** The authority's `Retry-After`, ms; 0 when it sent none. */
    readonly retryAfterMs: number = 0,
  ) {
    super(message, options);
    this.name = 'GraphTokenError';
  }
}

/**
 * Why a bearer token of a callback or a caller proves nothing. `TOKEN_MISSING`, `TOKEN_INVALID`: answer 401. `KEYS_UNAVAILABLE`:
 * nothing is known against the token, but the keys that would prove it cannot be had: answer 503, so that the sender may try
 * again.
 */
export type TokenErrorCode = 'TOKEN_MISSING' | 'TOKEN_INVALID' | 'KEYS_UNAVAILABLE';

export class TokenError extends Error {
  constructor(
    readonly code: TokenErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'TokenError';
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
