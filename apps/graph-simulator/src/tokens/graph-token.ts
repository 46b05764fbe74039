import { jwtVerify } from 'jose';
import type { GraphCaller } from '../calls/create-refusal.js';
import type { SigningKeys } from '../callbacks/signing-key.js';
import { isListOfText } from './registered-apps.js';

/** Checks the token on a request to Graph. @returns who calls, or in Graph's words what is wrong with the token */
export async function checkGraphToken(
  authorization: string | undefined,
  keys: SigningKeys,
  publicUrl: string,
): Promise<GraphCaller | string> {
  const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) return 'Access token is empty.';
  try {
    const { payload } = await jwtVerify(token, keys.token.verifier(), {
      algorithms: ['RS256'],
      audience: publicUrl,
      requiredClaims: ['exp', 'iss', 'tid', 'appid'],
    });
    const { tid, appid, roles, iss } = payload;
    if (typeof tid !== 'string' || typeof appid !== 'string') return 'Access token validation failure.';
    if (iss !== `${publicUrl}/${tid}/v2.0`) return 'Access token validation failure. Invalid issuer.';
    return { tenantId: tid, appId: appid, roles: isListOfText(roles) ? roles : [] };
  } catch (error) {
    return isError(error, 'ERR_JWT_EXPIRED')
      ? 'Lifetime validation failed, the token is expired.'
      : 'Access token validation failure. Invalid signature or audience.';
  }
}

function isError(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
