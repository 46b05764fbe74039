import { createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, errors, jwtVerify, type JWTPayload, type ProtectedHeaderParameters } from 'jose';
import type { FederatedCredential, RegisteredApp } from './registered-apps.js';
import { tokenRefusal, type TokenRefusal } from './token-refusal.js';

const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const CLOCK_TOLERANCE_SECONDS = 300;

/**
 * Why the token endpoint does not believe that the app asks, in the words of Entra as public threads quote them; null when it
 * does. An app proves itself by a secret, or by a statement that is signed: with the key of a certificate of its own, or
 * by somebody whose tokens it has registered as its own.
 * @param tokenUrl the address of the endpoint, for which the statement of a certificate has to be made
 * @param nowSeconds since 1970
 * @see https://learn.microsoft.com/entra/identity-platform/certificate-credentials
 * @see https://learn.microsoft.com/entra/workload-id/workload-identity-federation
 */
export async function proofFault(
  app: RegisteredApp,
  form: URLSearchParams,
  tokenUrl: string,
  nowSeconds: number,
): Promise<TokenRefusal | null> {
  const assertion = form.get('client_assertion');
  if (assertion !== null && form.get('client_assertion_type') === JWT_BEARER) {
    const statement = readAssertion(assertion, nowSeconds);
    if (statement === null) return tokenRefusal(400, 'invalid_request', 50027, 'JWT token is invalid or malformed.');
    return statement.claims.iss === app.clientId
      ? certificateFault(app, statement, tokenUrl)
      : federatedFault(app.federatedCredential, statement);
  }
  const secret = form.get('client_secret');
  if (secret === null) {
    return unproven(7000218, "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.");
  }
  if (secret === app.clientSecret) return null;
  const message = `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${app.clientId}'.`;
  return unproven(7000215, message);
}

interface Assertion {
  readonly text: string;
  readonly header: ProtectedHeaderParameters;
  /** Not to be believed before the signature is checked. */
  readonly claims: JWTPayload;
  readonly nowSeconds: number;
}

function readAssertion(text: string, nowSeconds: number): Assertion | null {
  try {
    return { text, header: decodeProtectedHeader(text), claims: decodeJwt(text), nowSeconds };
  } catch {
    return null;
  }
}

async function certificateFault(app: RegisteredApp, assertion: Assertion, tokenUrl: string): Promise<TokenRefusal | null> {
  const thumbprint = assertion.header['x5t#S256'];
  const certificate = app.certificate === undefined ? undefined : new X509Certificate(app.certificate);
  if (certificate === undefined || thumbprint !== thumbprintOf(certificate)) {
    const message = `The certificate with identifier used to sign the client assertion is not registered on application. [Reason - The key was not found., Thumbprint of key used by client: '${String(thumbprint)}']`;
    return unproven(700027, message);
  }
  const fault = await signatureFault(assertion, certificate.publicKey, ['PS256', 'RS256']);
  if (fault !== null) return fault;
  const { sub, aud } = assertion.claims;
  if (sub !== app.clientId) return unproven(700021, 'Client assertion application identifier does not match the client_id.');
  if (aud !== tokenUrl) return unproven(700023, 'Client assertion audience claim does not match Realm issuer.');
  return null;
}

async function federatedFault(registered: FederatedCredential | undefined, assertion: Assertion): Promise<TokenRefusal | null> {
  const { iss, sub, aud } = assertion.claims;
  if (registered === undefined || iss !== registered.issuer) return unmatched(700211, 'issuer', iss);
  if (sub !== registered.subject) return unmatched(700213, 'subject', sub);
  if (![aud].flat().includes(registered.audience)) return unmatched(700212, 'audience', String(aud));
  return signatureFault(assertion, createPublicKey(registered.publicKey), ['RS256', 'ES256']);
}

function unmatched(code: number, claim: string, value: string | undefined): TokenRefusal {
  const message = `No matching federated identity record found for presented assertion ${claim} '${value ?? ''}'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion.`;
  return unproven(code, message);
}

/** Signature and time. */
async function signatureFault(
  { text, claims, nowSeconds }: Assertion,
  key: KeyObject,
  algorithms: string[],
): Promise<TokenRefusal | null> {
  try {
    await jwtVerify(text, key, {
      algorithms,
      requiredClaims: ['exp'],
      currentDate: new Date(nowSeconds * 1_000),
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
    });
    return null;
  } catch (error) {
    if (error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed) {
      const message = `Client assertion is not within its valid time range. Current time: ${isoOf(nowSeconds)}, assertion valid from ${isoOf(claims.nbf ?? 0)}, expiry time of assertion ${isoOf(claims.exp ?? 0)}.`;
      return unproven(700024, message);
    }
    return unproven(700027, 'Client assertion contains an invalid signature. [Reason - The key used is not valid.]');
  }
}

function thumbprintOf(certificate: X509Certificate): string {
  return Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
}

function isoOf(seconds: number): string {
  return new Date(seconds * 1_000).toISOString();
}

function unproven(code: number, message: string): TokenRefusal {
  return tokenRefusal(401, 'invalid_client', code, message);
}
