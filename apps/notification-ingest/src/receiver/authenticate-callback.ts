import type { CallbackAddress, CallbackPaths } from '@callbus/contracts';
import { CallbackTokenError, type CallbackClaims, type CallbackTokens } from '@callbus/graph';
import { HttpException } from '@nestjs/common';

/** A callback that Graph sent, for the attempt that its address names. */
export interface AuthenticCallback {
  readonly address: CallbackAddress;
  readonly claims: CallbackClaims;
}

const RETRY_AFTER_SECONDS = 5;

/**
 * Decides from the path and the token alone, before a byte of the body is read.
 * @throws HttpException 404 for an address that was never given out, 401, or 503 when the keys cannot be had
 */
export async function authenticateCallback(
  url: string,
  authorization: string | undefined,
  paths: CallbackPaths,
  tokens: CallbackTokens,
): Promise<AuthenticCallback> {
  const address = paths.read(url);
  if (address === null) throw refusal(404, 'NotFound', 'There is nothing at this address.');
  try {
    const claims = await tokens.verify(authorization, { audience: address.appId, tenantId: address.tenantId });
    return { address, claims };
  } catch (error) {
    if (!(error instanceof CallbackTokenError)) throw error;
    if (error.code === 'KEYS_UNAVAILABLE') throw unavailable(error.message);
    throw refusal(401, 'Unauthorized', 'The token does not prove that Graph sent this.', { cause: error });
  }
}

export function refusal(status: number, code: string, message: string, options?: ErrorOptions): HttpException {
  return new HttpException({ error: { code, message } }, status, options);
}

/** The sender is to try again; the answer carries Retry-After. */
export function unavailable(message: string, options?: ErrorOptions): HttpException {
  return refusal(503, 'ServiceUnavailable', message, options);
}

export function retryAfterSeconds(status: number): number | undefined {
  return status === 503 ? RETRY_AFTER_SECONDS : undefined;
}
