import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import { exportJWK, exportSPKI, SignJWT, type JWTHeaderParameters } from 'jose';
import { CallerTokens, type CallerTokensOptions } from './caller-tokens.js';

const TENANT_ID = 'aaaabbbb-0000-4ccc-8ddd-2222eeee3333';
const CALLER_ID = '00001111-aaaa-4222-bbbb-3333cccc4444';
const AUDIENCE = 'api://callbus';
const ISSUER = 'https://login.example/{tenantId}/v2.0';
const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 });
const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' });

let server: Server;
let answer: { status: number; keys?: object[]; jwksUri?: string };
let requests: string[];
let failures: string[];
let opened: CallerTokens[];
let tokens: CallerTokens;

beforeAll(async () => {
  server = createServer((request, response) => {
    const { port } = server.address() as AddressInfo;
    requests.push(request.url ?? '');
    const keys = { keys: answer.keys };
    const { jwksUri = `http://127.0.0.1:${String(port)}/keys` } = answer;
    const body = request.url === '/openid' ? { jwks_uri: jwksUri } : keys;
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});

beforeEach(async () => {
  answer = { status: 200, keys: [await keyOf(pair, 'k1')] };
  [requests, failures, opened] = [[], [], []];
  tokens = callerTokens();
});

afterEach(async () => {
  await Promise.all(opened.map((one) => one.close()));
});

afterAll(async () => {
  server.closeAllConnections();
  await once(server.close(), 'close');
});

function callerTokens(options: Partial<CallerTokensOptions> = {}): CallerTokens {
  const { port } = server.address() as AddressInfo;
  const made = new CallerTokens({
    openIdUrl: `http://127.0.0.1:${String(port)}/openid`,
    issuers: [ISSUER],
    audience: AUDIENCE,
    cooldownMs: 0,
    onFetchFailed: (error) => failures.push((error as Error).message),
    ...options,
  });
  opened.push(made);
  return made;
}

const keyOf = async ({ publicKey }: { publicKey: KeyObject }, kid: string): Promise<object> => ({
  ...(await exportJWK(publicKey)),
  kid,
  alg: 'RS256',
  use: 'sig',
});

const seconds = (fromNow: number): number => Math.floor(Date.now() / 1_000) + fromNow;
const GOOD = {
  iss: ISSUER.replace('{tenantId}', TENANT_ID),
  aud: AUDIENCE,
  tid: TENANT_ID,
  azp: CALLER_ID,
  roles: ['Calls.Create'],
  exp: seconds(3_600),
};

async function bearer(claims: object = {}, key: KeyObject = pair.privateKey, kid = 'k1'): Promise<string> {
  const token = await new SignJWT({ ...GOOD, ...claims }).setProtectedHeader({ alg: 'RS256', kid }).sign(key);
  return `Bearer ${token}`;
}

async function bearerWith(header: JWTHeaderParameters, key: KeyObject = pair.privateKey): Promise<string> {
  answer.keys?.push(await keyOf(foreign, 'k3'));
  await tokens.start();
  return `Bearer ${await new SignJWT(GOOD).setProtectedHeader(header).sign(key)}`;
}

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function signedByHand(header: object): string {
  const signed = `${encoded(header)}.${encoded(GOOD)}`;
  return `Bearer ${signed}.${sign('RSA-SHA256', Buffer.from(signed), pair.privateKey).toString('base64url')}`;
}

async function hs256(): Promise<string> {
  const signed = `${encoded({ alg: 'HS256', kid: 'k1' })}.${encoded(GOOD)}`;
  const mac = createHmac('sha256', await exportSPKI(pair.publicKey)).update(signed);
  return `Bearer ${signed}.${mac.digest('base64url')}`;
}

describe('a caller’s token', () => {
  it('names the caller, its tenant and its roles', async () => {
    await tokens.start();
    const caller = await tokens.verify(await bearer({ azp: CALLER_ID.toUpperCase(), roles: ['Calls.Create', 7] }));
    expect(caller).toEqual({ appId: CALLER_ID, tenantId: TENANT_ID, roles: ['Calls.Create'] });
    // Version 1.0 tokens name the application in appid.
    expect(await tokens.verify(await bearer({ azp: undefined, appid: CALLER_ID }))).toMatchObject({ appId: CALLER_ID });
    expect(await tokens.verify(await bearer({ roles: undefined }))).toMatchObject({ roles: [] });
  });

  it.each<[string, () => Promise<string | undefined> | string | undefined]>([
    ['is missing', () => undefined],
    ['is empty', () => ''],
    ['is of another scheme', () => 'Basic a.b.c'],
    ['is two tokens', async () => `${await bearer()}, ${await bearer()}`],
    ['is not signed', () => `Bearer ${encoded({ alg: 'none' })}.${encoded(GOOD)}.`],
    ['says that its algorithm is none', () => `Bearer ${encoded({ alg: 'none' })}.${encoded(GOOD)}.c2ln`],
    ['is signed with the public key as a secret', hs256],
    ['is signed by another', () => bearer({}, foreign.privateKey)],
    ['is signed by a key that is not published', () => bearer({}, foreign.privateKey, 'k2')],
    ['is for another audience', () => bearer({ aud: 'api://other' })],
    ['is for several audiences', () => bearer({ aud: [AUDIENCE, 'api://other'] })],
    ['is for no audience', () => bearer({ aud: undefined })],
    ['is of the issuer with a slash at its end', () => bearer({ iss: `${GOOD.iss}/` })],
    ['is of the issuer over http', () => bearer({ iss: GOOD.iss.replace('https:', 'http:') })],
    ['is of version 1.0, which is not listed', () => bearer({ iss: `https://sts.windows.net/${TENANT_ID}/` })],
    ['names no key where there are two', () => bearerWith({ alg: 'RS256' })],
    ['names a key by a path', () => bearerWith({ alg: 'RS256', kid: '../../dev/null' })],
    ['names a key by a query', () => bearerWith({ alg: 'RS256', kid: "' OR 1=1--" })],
    ['names a key by much text', () => bearerWith({ alg: 'RS256', kid: 'k'.repeat(10_000) })],
    ['brings its own key', async () => bearerWith({ alg: 'RS256', jwk: await exportJWK(foreign.publicKey) }, foreign.privateKey)],
    ['says where its key is', () => bearerWith({ alg: 'RS256', kid: 'k1', jku: `${ISSUER}/keys` }, foreign.privateKey)],
    ['is signed with another algorithm', () => bearerWith({ alg: 'ES256', kid: 'k1' }, curve.privateKey)],
    ['has what must be understood and is not', () => signedByHand({ alg: 'RS256', kid: 'k1', crit: ['ours'], ours: true })],
    ['is encrypted', () => `Bearer ${encoded({ alg: 'RSA-OAEP', enc: 'A256GCM' })}.a.b.c.d`],
    ['is a second time a bearer', async () => (await bearer()).replace('Bearer', 'Bearer Bearer')],
    ['is of another issuer', () => bearer({ iss: 'https://login.example/other/v2.0' })],
    ['is of an issuer of another tenant', () => bearer({ tid: CALLER_ID })],
    ['names no tenant', () => bearer({ tid: undefined })],
    ['names no application', () => bearer({ azp: undefined })],
    ['has expired', () => bearer({ exp: seconds(-120) })],
    ['never expires', () => bearer({ exp: undefined })],
    ['is not valid yet', () => bearer({ nbf: seconds(600) })],
    ['is huge', () => `Bearer ${'a'.repeat(20_000)}.b.c`],
  ])('that %s is refused with 401', async (_what, authorization) => {
    await tokens.start();
    const header = await authorization();
    await expect(tokens.verify(header)).rejects.toMatchObject({
      status: 401,
      options: { headers: { 'www-authenticate': 'Bearer' } },
    });
  });

  it('may be of any case in its scheme, and from the future in what it does not promise', async () => {
    await tokens.start();
    const authorization = (await bearer({ iat: seconds(10 * 365 * 86_400) })).replace('Bearer', 'bearer');
    expect(await tokens.verify(authorization)).toMatchObject({ appId: CALLER_ID });
  });

  it.each([{ scp: 'Calls.Create' }, { scp: '' }, { idtyp: 'user' }, { idtyp: 'device' }])(
    'that is a person’s is refused with 403: %j',
    async (claims) => {
      await tokens.start();
      await expect(tokens.verify(await bearer(claims))).rejects.toMatchObject({ status: 403 });
    },
  );

  it('may be a person’s where that is allowed: its scopes are roles, and the person’s own roles are not', async () => {
    const delegated = callerTokens({ delegatedTokens: true });
    await delegated.start();
    const caller = await delegated.verify(await bearer({ roles: ['Calls.Create'], scp: 'Calls.Read Calls.End' }));
    expect(caller.roles).toEqual(['Calls.Read', 'Calls.End']);
  });

  it('is verified once, and remembered while its key is published', async () => {
    await tokens.start();
    const authorization = await bearer();
    await tokens.verify(authorization);
    const verify = jest.spyOn(globalThis.crypto.subtle, 'verify');
    await tokens.verify(authorization);
    expect(verify).not.toHaveBeenCalled();
    verify.mockRestore();
  });

  it.each<[string, object]>([
    ['another audience', { aud: 'api://other' }],
    ['a person', { scp: 'Calls.Create' }],
    ['no application', { azp: undefined }],
  ])('that is for %s never counts as proven, and takes no place of one that is', async (_what, claims) => {
    const narrow = callerTokens({ maxRemembered: 1 });
    await narrow.start();
    const [own, foreigns] = [await bearer(), await bearer(claims)];
    await narrow.verify(own);
    await expect(narrow.verify(foreigns)).rejects.toThrow();
    expect([narrow.isProven(own), narrow.isProven(foreigns)]).toEqual([true, false]);
  });

  it.each<[string, boolean, () => Promise<string>]>([
    ['a caller’s', true, () => bearer()],
    ['a caller’s, but signed by another, which only a check tells', true, () => bearer({}, foreign.privateKey)],
    ['of an unknown key', false, () => bearer({}, pair.privateKey, 'k2')],
    ['for another audience', false, () => bearer({ aud: 'api://other' })],
    ['of another issuer', false, () => bearer({ iss: 'https://login.example/other/v2.0' })],
    ['expired', false, () => bearer({ exp: seconds(-121) })],
    ['without an end', false, () => bearer({ exp: undefined })],
    ['no token', false, () => Promise.resolve('Bearer a.b.c')],
  ])('that is %s is plausible: %s', async (_what, isPlausible, authorization) => {
    await tokens.start();
    expect(await tokens.isPlausible(await authorization())).toBe(isPlausible);
  });

  it('is refused once its key is withdrawn, though it was proven before and has not expired', async () => {
    const rotating = callerTokens({ maxAgeMs: 20, withdrawnKeysMs: 50 });
    await rotating.start();
    const authorization = await bearer();
    await rotating.verify(authorization);
    answer = { status: 200, keys: [await keyOf(foreign, 'k2')] };
    let outcome: unknown;
    do {
      await new Promise(setImmediate);
      outcome = await rotating.verify(authorization).catch((error: unknown) => error);
    } while (!(outcome instanceof Error));
    expect(outcome).toMatchObject({ status: 401 });
  });

  it('waits for the one fetch of keys that all tokens with an unknown key share', async () => {
    await tokens.start();
    answer.keys?.push(await keyOf(foreign, 'k2'));
    const headers = await Promise.all([1, 2, 3].map((jti) => bearer({ jti }, foreign.privateKey, 'k2')));
    const callers = await Promise.all(headers.map((header) => tokens.verify(header)));
    expect(callers.map(({ appId }) => appId)).toEqual([CALLER_ID, CALLER_ID, CALLER_ID]);
    expect(requests.filter((url) => url === '/keys')).toHaveLength(2);
  });

  it('causes one fetch per cooldown while keys cannot be had, however many tokens name unknown keys', async () => {
    const cooling = callerTokens({ cooldownMs: 60_000 });
    await cooling.start();
    answer = { status: 503 };
    const before = requests.length;
    for (let i = 0; i < 200; i++) {
      const forged = await bearer({}, foreign.privateKey, `x${String(i)}`);
      await expect(cooling.verify(forged)).rejects.toMatchObject({ status: 503 });
    }
    expect(requests.length - before).toBe(1);
    await expect(cooling.verify(await bearer())).resolves.toMatchObject({ appId: CALLER_ID });
  });

  it('cannot be judged without keys: 503, and the reason can be told', async () => {
    answer = { status: 503 };
    await tokens.start();
    expect(tokens.isReady()).toBe(false);
    expect(failures).toEqual([expect.stringContaining('answered 503')]);
    await expect(tokens.verify(await bearer())).rejects.toMatchObject({
      status: 503,
      options: { headers: { 'retry-after': '5' } },
    });
  });

  it.each([{ status: 503 }, { status: 200 }])('cannot be judged while its key cannot be had: %j gives 503', async (outage) => {
    await tokens.start();
    answer = outage;
    await expect(tokens.verify(await bearer({}, foreign.privateKey, 'k2'))).rejects.toMatchObject({ status: 503 });
  });

  it('is judged by no keys that come over another scheme than the document that names them', async () => {
    answer = { ...answer, jwksUri: 'https://127.0.0.1:1/keys' };
    await tokens.start();
    expect([tokens.isReady(), failures]).toEqual([false, [expect.stringContaining('names a jwks_uri that is not http://')]]);
  });

  it('is still judged by the last good keys while new ones cannot be had, and by new ones once they are published', async () => {
    await tokens.start();
    answer = { ...answer, status: 503 };
    await expect(tokens.verify(await bearer())).resolves.toMatchObject({ appId: CALLER_ID });
    answer = { status: 200, keys: [await keyOf(foreign, 'k2')] };
    await expect(tokens.verify(await bearer({}, foreign.privateKey, 'k2'))).resolves.toMatchObject({ appId: CALLER_ID });
  });
});
