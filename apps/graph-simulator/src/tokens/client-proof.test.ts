import { createPrivateKey, generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto';
import { SignJWT, type JWTPayload } from 'jose';
import { proofFault } from './client-proof.js';
import { readRegisteredApp, type RegisteredApp } from './registered-apps.js';
import { appCertificate } from '../testing/app-certificate.js';

const TOKEN_URL = 'https://localhost:4443/86dc81db-c112-4228-9222-63f3e5aa1edb/oauth2/v2.0/token';
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const NOW = 1_800_000_000;
const ISSUER = generateKeyPairSync('rsa', { modulusLength: 2048 });
const STRANGER = generateKeyPairSync('rsa', { modulusLength: 2048 });

let app: RegisteredApp;
let ownKey: KeyObject;
let thumbprint: string;

beforeAll(async () => {
  const { certificate, privateKey } = await appCertificate();
  ownKey = createPrivateKey(privateKey);
  const hex = new X509Certificate(certificate).fingerprint256.replaceAll(':', '');
  thumbprint = Buffer.from(hex, 'hex').toString('base64url');
  const publicKey = ISSUER.publicKey.export({ type: 'spki', format: 'pem' });
  const federatedCredential = { issuer: 'https://cluster', subject: 'sa', publicKey };
  app = readRegisteredApp({ clientId: 'bot-1', kind: 'bot', clientSecret: 's1', certificate, federatedCredential });
});

const faultBy = async (form: Record<string, string>) => {
  const fault = await proofFault(app, new URLSearchParams(form), TOKEN_URL, NOW);
  return fault === null ? null : [fault.status, fault.error, fault.code];
};
const faultByAssertion = (assertion: string) => faultBy({ client_assertion_type: JWT_BEARER, client_assertion: assertion });

describe('a statement signed with the key of a certificate', () => {
  const claims = { iss: 'bot-1', sub: 'bot-1', aud: TOKEN_URL, nbf: NOW, exp: NOW + 600 };
  const signed = async (change: object = {}, key = ownKey, x5t = thumbprint) =>
    new SignJWT({ ...claims, ...change }).setProtectedHeader({ alg: 'PS256', 'x5t#S256': x5t }).sign(key);

  it('is believed', async () => {
    expect(await faultByAssertion(await signed())).toBeNull();
    expect(await faultByAssertion(await signed({ nbf: NOW + 300, exp: NOW + 900 }))).toBeNull();
  });

  it.each<[string, () => Promise<string>, number]>([
    ['made with another key', () => signed({}, STRANGER.privateKey), 700027],
    ['that names another certificate', () => signed({}, ownKey, 'AAAA'), 700027],
    ['about another app', () => signed({ sub: 'bot-2' }), 700021],
    ['for another endpoint', () => signed({ aud: 'https://login.example/token' }), 700023],
    ['that is over', () => signed({ exp: NOW - 301 }), 700024],
    ['that is not yet', () => signed({ nbf: NOW + 301 }), 700024],
    ['without an end', () => signed({ exp: undefined }), 700024],
  ])('is not believed when it is one %s', async (_, assertion, code) => {
    expect(await faultByAssertion(await assertion())).toEqual([401, 'invalid_client', code]);
  });
});

describe('a token of somebody else', () => {
  const claims = { iss: 'https://cluster', sub: 'sa', aud: ['api://AzureADTokenExchange', 'other'], exp: NOW + 600 };
  const signed = async (change: JWTPayload = {}, key = ISSUER.privateKey) =>
    new SignJWT({ ...claims, ...change }).setProtectedHeader({ alg: 'RS256' }).sign(key);

  it('is believed when the app has registered it', async () => {
    expect(await faultByAssertion(await signed())).toBeNull();
  });

  it.each<[string, () => Promise<string>, number]>([
    ['of another issuer', () => signed({ iss: 'https://cluster/' }), 700211],
    ['about another subject', () => signed({ sub: 'SA' }), 700213],
    ['for another audience', () => signed({ aud: 'api://callbus' }), 700212],
    ['that is over', () => signed({ exp: NOW - 301 }), 700024],
    ['that somebody else has signed', () => signed({}, STRANGER.privateKey), 700027],
  ])('is not believed when it is one %s', async (_, assertion, code) => {
    expect(await faultByAssertion(await assertion())).toEqual([401, 'invalid_client', code]);
  });
});

it.each<[string, Record<string, string>, [number, string, number] | null]>([
  ['the secret', { client_secret: 's1' }, null],
  ['another secret', { client_secret: 's2' }, [401, 'invalid_client', 7000215]],
  ['nothing', {}, [401, 'invalid_client', 7000218]],
  ['an assertion of another type', { client_assertion: 'x', client_assertion_type: 'saml' }, [401, 'invalid_client', 7000218]],
  ['an assertion that is no JWT', { client_assertion: 'x', client_assertion_type: JWT_BEARER }, [400, 'invalid_request', 50027]],
])('an app may come with %s', async (_, form, fault) => {
  expect(await faultBy(form)).toEqual(fault);
});

it('asks for the secret of an app that has one only', async () => {
  const secretOnly = readRegisteredApp({ clientId: 'bot-2', kind: 'bot', clientSecret: 's2' });
  for (const iss of ['bot-2', 'https://cluster']) {
    const assertion = await new SignJWT({ iss, exp: NOW + 600 }).setProtectedHeader({ alg: 'RS256' }).sign(ISSUER.privateKey);
    const form = new URLSearchParams({ client_assertion_type: JWT_BEARER, client_assertion: assertion });
    expect(await proofFault(secretOnly, form, TOKEN_URL, NOW)).toMatchObject({ error: 'invalid_client' });
  }
});
