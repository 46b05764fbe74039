import { randomUUID } from 'node:crypto';
import { generateKeyPair, SignJWT } from 'jose';

const { privateKey } = await generateKeyPair('RS256');

/** A token that is valid except for its signing key, which is not published. */
export async function forgedToken(claims: Readonly<Record<string, unknown>>): Promise<string> {
  return await new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: randomUUID() })
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(privateKey);
}

/** A token that claims to need no signature. */
export function unsignedToken(claims: Readonly<Record<string, unknown>>): string {
  const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${encoded({ alg: 'none', typ: 'JWT' })}.${encoded(claims)}.`;
}
