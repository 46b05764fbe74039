import { createPublicKey, randomUUID, type JsonWebKeyInput } from 'node:crypto';
import { SignJWT, type JWTPayload } from 'jose';
import { readCallbackAddress } from './callback-address.js';
import { callbackHeaders } from './callback-sender.js';
import type { NotificationOrder, Signature } from '../control/control-orders.js';
import type { SigningKey } from './signing-key.js';

export interface SignedNotification {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/**
 * The callback that an order describes. Audience and tenant are those that the address names, unless the order says otherwise.
 * @param claimsOf the claims of Graph's token for an app and a tenant
 */
export async function signedNotification(
  order: NotificationOrder,
  key: SigningKey,
  claimsOf: (appId: string, tenantId: string) => JWTPayload,
): Promise<SignedNotification> {
  const address = readCallbackAddress(order.callbackUri);
  const claims: JWTPayload = withChanges(claimsOf(address?.appId ?? '', address?.tenantId ?? ''), order.claims);
  const token = await tokenOf(order.sign ?? 'graph', claims, key);
  const headers = withChanges(
    {
      ...callbackHeaders(randomUUID(), address?.callId, randomUUID()),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    lowerCased(order.headers),
  );
  return {
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    body: bodyOf(order),
  };
}

async function tokenOf(sign: Signature, claims: JWTPayload, key: SigningKey): Promise<string | undefined> {
  switch (sign) {
    case 'graph':
      return key.sign(claims);
    case 'foreign':
      return key.signAsForeigner(claims);
    case 'unknown-kid':
      return key.signAsForeigner(claims, randomUUID());
    case 'alg-none':
      return `${encoded({ alg: 'none', typ: 'JWT' })}.${encoded(claims)}.`;
    case 'hs256': {
      // The public key as the secret: accepted by whoever lets the token choose its algorithm.
      const jwk = key.jwks().keys[0];
      const input = { key: jwk, format: 'jwk' } as JsonWebKeyInput;
      const secret = createPublicKey(input).export({ type: 'spki', format: 'pem' });
      const header = { alg: 'HS256', ...(jwk?.kid !== undefined && { kid: jwk.kid }) };
      return new SignJWT(claims).setProtectedHeader(header).sign(new TextEncoder().encode(secret.toString()));
    }
    case 'absent':
      return undefined;
  }
}

function bodyOf({ body, raw, rawBase64 }: NotificationOrder): string | Buffer {
  if (rawBase64 !== undefined) return Buffer.from(rawBase64, 'base64');
  return raw ?? JSON.stringify(body ?? null);
}

function withChanges(base: object, changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ ...base, ...changes }).filter(([, value]) => value !== null && value !== undefined));
}

function lowerCased(headers: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
