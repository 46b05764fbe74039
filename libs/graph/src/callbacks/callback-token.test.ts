import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import { exportJWK, exportSPKI, SignJWT, type CryptoKey } from 'jose';
import { CallbackTokens } from './callback-token.js';
import { TokenError, type TokenErrorCode } from '../errors.js';
import type { OidcTokensOptions } from '../tokens/oidc-tokens.js';

const appId = '2891555a-92ff-42e6-80fa-6e1300c6b5c6';
const tenantId = '86dc81db-c112-4228-9222-63f3e5aa1edb';
const foreignId = 'aa67bd4c-8475-432d-bd41-39f255720e0a';
const issuer = 'https://graph.microsoft.com';
const expected = { audience: appId, tenantId };
type Key = CryptoKey | KeyObject;

const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const k1 = rsa();
const k2 = rsa();
const foreign = rsa();

let server: Server;
let published: { kid: string; key: KeyObject }[];
let isDown: boolean;
/** Answers in place of the key document. */
let answerKeys: ((response: ServerResponse) => void) | null;
/** In the OpenID document in place of the key document’s address. */
let jwksUri: string | null;
let requests: string[];
const opened: CallbackTokens[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const { port } = server.address() as AddressInfo;
    requests.push(request.url ?? '');
    if (isDown) response.writeHead(503).end();
    else if (request.url === '/openid')
      response.end(
        JSON.stringify({ issuer: 'https://api.botframework.com', jwks_uri: jwksUri ?? `http://localhost:${port}/keys` }),
      );
    else if (answerKeys !== null) answerKeys(response);
    else void keyDocument().then((text) => response.end(text));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});

beforeEach(() => {
  published = [{ kid: 'k1', key: k1.publicKey }];
  isDown = false;
  answerKeys = null;
  jwksUri = null;
  requests = [];
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((tokens) => tokens.close()));
});

afterAll(async () => {
  server.closeAllConnections();
  await once(server.close(), 'close');
});

/** @param more members beside the keys */
async function keyDocument(more: object = {}): Promise<string> {
  const keys = published.map(async ({ kid, key }) => ({ ...(await exportJWK(key)), kid, use: 'sig' }));
  return JSON.stringify({ keys: await Promise.all(keys), ...more });
}

function callbackTokens(options: Partial<OidcTokensOptions> = {}): CallbackTokens {
  const { port } = server.address() as AddressInfo;
  const tokens = new CallbackTokens({
    openIdUrl: `http://localhost:${port}/openid`,
    issuers: [issuer, 'https://api.botframework.com'],
    ...options,
  });
  opened.push(tokens);
  return tokens;
}

interface Forged {
  claims?: Record<string, unknown>;
  header?: Record<string, unknown>;
  alg?: string;
  key?: Key | Uint8Array;
}
const nowSeconds = () => Math.floor(Date.now() / 1_000);

async function bearer({ claims = {}, header = {}, alg = 'RS256', key = k1.privateKey }: Forged = {}): Promise<string> {
  const now = nowSeconds();
  const all = {
    aud: appId,
    iss: issuer,
    tid: tenantId,
    appid: '26a18ebc-cdf7-4a6a-91cb-beb352805e81',
    nbf: now,
    exp: now + 3_900,
    ...claims,
  };
  return `Bearer ${await new SignJWT(all).setProtectedHeader({ alg, kid: 'k1', ...header }).sign(key)}`;
}

async function codeOf(promise: Promise<unknown>): Promise<TokenErrorCode | 'ACCEPTED'> {
  return promise.then(
    () => 'ACCEPTED' as const,
    (error: unknown) => {
      if (error instanceof TokenError) return error.code;
      throw error;
    },
  );
}

describe('CallbackTokens', () => {
  it('accepts what Graph signs, and says what it proves', async () => {
    const tokens = callbackTokens();
    await tokens.start();
    expect(tokens.isReady()).toBe(true);
    expect(await tokens.verify(await bearer(), expected)).toEqual({
      tenantId,
      appId,
      issuer,
      callerAppId: '26a18ebc-cdf7-4a6a-91cb-beb352805e81',
    });
  });

  it.each<[string, Forged]>([
    ['the other issuer', { claims: { iss: 'https://api.botframework.com' } }],
    ['an expiry within the tolerance', { claims: { exp: nowSeconds() - 60 } }],
    ['a cty header on a token that is not nested', { header: { cty: 'JWT' } }],
    ['a tenant in capitals', { claims: { tid: tenantId.toUpperCase() } }],
    ['a token without the caller’s appid', { claims: { appid: undefined } }],
  ])('accepts %s', async (_, forged) => {
    expect(await codeOf(callbackTokens().verify(await bearer(forged), expected))).toBe('ACCEPTED');
  });

  it('compares issuers as they are written, so one with a slash at its end is accepted where it is named', async () => {
    const tokens = callbackTokens({ issuers: ['https://api.botframework.com/'] });
    const of = async (iss: string) => codeOf(tokens.verify(await bearer({ claims: { iss } }), expected));
    expect(await of('https://api.botframework.com/')).toBe('ACCEPTED');
    expect(await of('https://api.botframework.com')).toBe('TOKEN_INVALID');
  });

  it('names the issuer that it does not accept, once the signature is proven', async () => {
    const claims = { iss: 'https://api.botframework.us' };
    await expect(callbackTokens().verify(await bearer({ claims }), expected)).rejects.toThrow('https://api.botframework.us');
    const forged = bearer({ claims, key: foreign.privateKey });
    await expect(callbackTokens().verify(await forged, expected)).rejects.not.toThrow('https://api.botframework.us');
  });

  it('accepts the scheme in any case', async () => {
    expect(await codeOf(callbackTokens().verify((await bearer()).replace('Bearer', 'bearer'), expected))).toBe('ACCEPTED');
  });

  it.each<[string, Forged]>([
    ['another app’s audience', { claims: { aud: 'other' } }],
    ['our audience among others', { claims: { aud: [appId, 'other'] } }],
    ['our audience in a list', { claims: { aud: [appId] } }],
    ['no audience', { claims: { aud: undefined } }],
    ['an issuer with a slash at its end', { claims: { iss: `${issuer}/` } }],
    ['the issuer over http', { claims: { iss: 'http://graph.microsoft.com' } }],
    ['Entra as issuer', { claims: { iss: `https://sts.windows.net/${tenantId}/` } }],
    ['no issuer', { claims: { iss: undefined } }],
    ['no tenant', { claims: { tid: undefined } }],
    ['another tenant', { claims: { tid: foreignId } }],
    ['a tenant that is a list', { claims: { tid: [tenantId] } }],
    ['no expiry', { claims: { exp: undefined } }],
    ['an expiry past the tolerance', { claims: { exp: nowSeconds() - 301 } }],
    ['a start in the future', { claims: { nbf: nowSeconds() + 301 } }],
    ['an issue in 2099', { claims: { iat: 4_070_908_800 } }],
    ['another’s signature', { key: foreign.privateKey }],
    ['another RSA algorithm', { alg: 'RS512' }],
    ['a PSS signature', { alg: 'PS256' }],
    ['a token of another type', { header: { typ: 'JWE' } }],
    ['an access token for something else', { header: { typ: 'at+jwt' } }],
  ])('refuses %s', async (_, forged) => {
    expect(await codeOf(callbackTokens().verify(await bearer(forged), expected))).toBe('TOKEN_INVALID');
  });

  it.each(['jwk', 'jku', 'x5u', 'x5c'] as const)(
    'does not listen to the key that a token brings along or names by %s',
    async (member) => {
      const { port } = server.address() as AddressInfo;
      const url = `http://localhost:${port}/forged`;
      const jwk = await exportJWK(foreign.publicKey);
      const header = { [member]: { jwk, jku: url, x5u: url, x5c: ['MIIB'] }[member] };
      for (const kid of ['k1', 'forged']) {
        const forged = await bearer({ header: { ...header, kid }, key: foreign.privateKey });
        expect(await codeOf(callbackTokens().verify(forged, expected))).toBe('TOKEN_INVALID');
      }
      expect(requests).not.toContain('/forged');
    },
  );

  it('refuses a token with an extension that must be understood', async () => {
    const [, payload] = (await bearer()).slice(7).split('.');
    const header = Buffer.from(JSON.stringify({ alg: 'RS256', kid: 'k1', crit: ['exp'], exp: 1 })).toString('base64url');
    const signature = sign('sha256', Buffer.from(`${header}.${payload!}`), k1.privateKey).toString('base64url');
    const forged = `Bearer ${header}.${payload!}.${signature}`;
    expect(await codeOf(callbackTokens().verify(forged, expected))).toBe('TOKEN_INVALID');
  });

  it('refuses a signature of another kind of key', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect(await codeOf(callbackTokens().verify(await bearer({ alg: 'ES256', key: privateKey }), expected))).toBe(
      'TOKEN_INVALID',
    );
  });

  it('refuses a token without signature, and one signed with the public key as a secret', async () => {
    const [, payload] = (await bearer()).slice(7).split('.');
    const none = Buffer.from('{"alg":"none","kid":"k1"}').toString('base64url');
    const publicKey = new TextEncoder().encode(await exportSPKI(k1.publicKey));
    for (const header of [
      `Bearer ${none}.${payload!}.`,
      `Bearer ${none}.${payload!}.AA`,
      await bearer({ alg: 'HS256', key: publicKey }),
    ]) {
      expect(await codeOf(callbackTokens().verify(header, expected))).toBe('TOKEN_INVALID');
    }
  });

  it.each([
    ['Bearer', 'TOKEN_INVALID'],
    ['Bearer a.b', 'TOKEN_INVALID'],
    ['Bearer a.b.c.d.e', 'TOKEN_INVALID'],
    ['Basic a.b.c', 'TOKEN_INVALID'],
    ['Bearer a.b.c, Bearer a.b.c', 'TOKEN_INVALID'],
    ['Bearer Bearer a.b.c', 'TOKEN_INVALID'],
    [`Bearer ${'a'.repeat(9_000)}.b.c`, 'TOKEN_INVALID'],
    ['', 'TOKEN_MISSING'],
    [undefined, 'TOKEN_MISSING'],
  ])('refuses the header %.40j without asking for keys', async (header, code) => {
    expect(await codeOf(callbackTokens().verify(header, expected))).toBe(code);
    expect(requests).toEqual([]);
  });

  it.each(['../../dev/null', "' OR 1=1--", 'x'.repeat(4_000), 'x'.repeat(10_240)])('refuses the key id %.20j', async (kid) => {
    expect(await codeOf(callbackTokens().verify(await bearer({ header: { kid } }), expected))).toBe('TOKEN_INVALID');
  });

  it('refuses a token that leaves open which of two keys signed it', async () => {
    published.push({ kid: 'k2', key: k2.publicKey });
    expect(await codeOf(callbackTokens().verify(await bearer({ header: { kid: undefined } }), expected))).toBe('TOKEN_INVALID');
  });

  describe('keys', () => {
    const withNewKey = () => bearer({ header: { kid: 'k2' }, key: k2.privateKey });
    const fetches = () => requests.filter((url) => url === '/keys').length;

    it('takes up a new key when a token names it, and the old one no longer', async () => {
      const tokens = callbackTokens({ withdrawnKeysMs: 0, cooldownMs: 0 });
      await tokens.start();
      published = [{ kid: 'k2', key: k2.publicKey }];
      expect(await codeOf(tokens.verify(await withNewKey(), expected))).toBe('ACCEPTED');
      expect(await codeOf(tokens.verify(await bearer(), expected))).toBe('TOKEN_INVALID');
    });

    it('accepts a token of the old key that was in flight when the new key came', async () => {
      const tokens = callbackTokens();
      await tokens.start();
      const [seen, unseen] = [await bearer(), await bearer({ claims: { jti: 'unseen' } })];
      expect(await codeOf(tokens.verify(seen, expected))).toBe('ACCEPTED');
      published = [{ kid: 'k2', key: k2.publicKey }];
      for (const header of [await withNewKey(), seen, unseen])
        expect(await codeOf(tokens.verify(header, expected))).toBe('ACCEPTED');
    });

    it('takes up a new key at once, though keys were fetched a moment ago, at the start or in the background', async () => {
      const tokens = callbackTokens({ cooldownMs: 60_000 });
      await tokens.start();
      published = [{ kid: 'k2', key: k2.publicKey }];
      expect(await codeOf(tokens.verify(await withNewKey(), expected))).toBe('ACCEPTED');
    });

    it('lets a token with an unknown key wait until the next fetch after the cooldown', async () => {
      const tokens = callbackTokens({ cooldownMs: 200, maxWaitMs: 10_000 });
      await tokens.start();
      expect(await codeOf(tokens.verify(await bearer({ header: { kid: 'forged' } }), expected))).toBe('TOKEN_INVALID');
      published = [{ kid: 'k2', key: k2.publicKey }];
      const headers = await Promise.all(
        [1, 2, 3].map((jti) => bearer({ header: { kid: 'k2' }, key: k2.privateKey, claims: { jti } })),
      );
      const codes = await Promise.all(headers.map((header) => codeOf(tokens.verify(header, expected))));
      expect([codes, fetches()]).toEqual([['ACCEPTED', 'ACCEPTED', 'ACCEPTED'], 3]);
    });

    it('reports KEYS_UNAVAILABLE at once when the cooldown outlasts the wait', async () => {
      const tokens = callbackTokens({ cooldownMs: 600_000, maxWaitMs: 500_000 });
      await tokens.start();
      const forged = () => bearer({ header: { kid: 'forged' } });
      expect(await codeOf(tokens.verify(await forged(), expected))).toBe('TOKEN_INVALID');
      expect(await codeOf(tokens.verify(await forged(), expected))).toBe('KEYS_UNAVAILABLE');
      expect(await codeOf(tokens.verify(await bearer(), expected))).toBe('ACCEPTED');
      expect(fetches()).toBe(2);
    });

    it('refuses no token because of a fetch that began before the token came', async () => {
      const tokens = callbackTokens({ cooldownMs: 0 });
      await tokens.start();
      const { promise: isAsked, resolve: asked } = Promise.withResolvers<ServerResponse>();
      answerKeys = asked;
      const first = codeOf(tokens.verify(await bearer({ header: { kid: 'forged' } }), expected));
      const withOldKeys = await isAsked;
      const old = await keyDocument();
      published = [{ kid: 'k2', key: k2.publicKey }];
      answerKeys = null;
      const second = codeOf(tokens.verify(await withNewKey(), expected));
      withOldKeys.end(old);
      expect([await first, await second]).toEqual(['TOKEN_INVALID', 'ACCEPTED']);
    });

    it('gives up after maxWaitMs when a fetch does not end', async () => {
      const tokens = callbackTokens({ maxWaitMs: 50, requestTimeoutMs: 60_000 });
      await tokens.start();
      answerKeys = () => undefined;
      expect(await codeOf(tokens.verify(await withNewKey(), expected))).toBe('KEYS_UNAVAILABLE');
      expect(await codeOf(tokens.verify(await bearer(), expected))).toBe('ACCEPTED');
    });

    it('calls beforeWait before a token waits, and refuses the token when beforeWait throws', async () => {
      const tokens = callbackTokens();
      await tokens.start();
      let told = 0;
      const refuse = () => {
        told += 1;
        throw new TokenError('TOKEN_MISSING', 'no room');
      };
      expect(await codeOf(tokens.verify(await bearer(), expected, refuse))).toBe('ACCEPTED');
      expect(told).toBe(0);
      const fetchesBefore = fetches();
      expect(await codeOf(tokens.verify(await withNewKey(), expected, refuse))).toBe('TOKEN_MISSING');
      expect([told, fetches()]).toEqual([1, fetchesBefore]);
    });

    it('fetches them anew at half of the age at which they are old', async () => {
      const setTimer = jest.spyOn(globalThis, 'setTimeout');
      await callbackTokens({ maxAgeMs: 600_000 }).start();
      expect(setTimer.mock.calls.map(([, waitMs]) => waitMs)).toContain(300_000);
      setTimer.mockRestore();
    });

    it('takes up a new key in the background', async () => {
      const tokens = callbackTokens({ maxAgeMs: 20 });
      await tokens.start();
      published = [{ kid: 'k2', key: k2.publicKey }];
      const header = await withNewKey();
      while ((await codeOf(tokens.verify(header, expected))) !== 'ACCEPTED') await new Promise(setImmediate);
    });

    it('fetches once per cooldown for a flood of unknown keys, and takes a new key that comes with it', async () => {
      const cooldownMs = 100;
      const tokens = callbackTokens({ cooldownMs, maxWaitMs: 60_000 });
      await tokens.start();
      const headers = await Promise.all(Array.from({ length: 200 }, (_, i) => bearer({ header: { kid: `x${i}` } })));
      const begunAt = performance.now();
      const flood = async (): Promise<void> => {
        const codes = await Promise.all(headers.map((header) => codeOf(tokens.verify(header, expected))));
        expect(new Set(codes)).toEqual(new Set(['TOKEN_INVALID']));
      };
      await flood();
      published = [{ kid: 'k2', key: k2.publicKey }];
      const [code] = await Promise.all([codeOf(tokens.verify(await withNewKey(), expected)), flood(), flood()]);
      expect(code).toBe('ACCEPTED');
      expect(fetches()).toBeLessThanOrEqual(2 + Math.ceil((performance.now() - begunAt) / cooldownMs));
    });

    it('shares one fetch among all who ask, and makes no other for a while when it failed', async () => {
      isDown = true;
      const tokens = callbackTokens({ cooldownMs: 60_000 });
      const header = await bearer();
      const ask = () => Promise.all(Array.from({ length: 20 }, () => codeOf(tokens.verify(header, expected))));
      expect(new Set([...(await ask()), ...(await ask())])).toEqual(new Set(['KEYS_UNAVAILABLE']));
      expect(requests).toEqual(['/openid']);
    });

    it('says why keys could not be fetched', async () => {
      isDown = true;
      const failures: string[] = [];
      await callbackTokens({ onFetchFailed: (error) => failures.push((error as Error).message) }).start();
      expect(failures).toEqual([expect.stringMatching(/\/openid answered 503$/)]);
    });

    it('takes no keys that come over another scheme than the document that names them', async () => {
      const failures: string[] = [];
      jwksUri = 'https://localhost:1/keys';
      await callbackTokens({ onFetchFailed: (error) => failures.push((error as Error).message) }).start();
      expect(failures).toEqual(['the OpenID document names a jwks_uri that is not http://']);
    });

    it('keeps the last good keys while new ones cannot be fetched, but not for ever', async () => {
      for (const [keepKeysMs, code] of [
        [86_400_000, 'ACCEPTED'],
        [0, 'KEYS_UNAVAILABLE'],
      ] as const) {
        isDown = false;
        const tokens = callbackTokens({ keepKeysMs, cooldownMs: 0 });
        await tokens.start();
        isDown = true;
        expect(await codeOf(tokens.verify(await bearer(), expected))).toBe(code);
        expect(tokens.isReady()).toBe(code === 'ACCEPTED');
      }
    });

    it('cannot tell a new key from a forged one while keys cannot be fetched', async () => {
      const tokens = callbackTokens({ cooldownMs: 0 });
      await tokens.start();
      isDown = true;
      expect(await codeOf(tokens.verify(await withNewKey(), expected))).toBe('KEYS_UNAVAILABLE');
    });

    it('is not ready without keys, says so, and recovers by itself', async () => {
      isDown = true;
      const tokens = callbackTokens({ maxAgeMs: 20 });
      await tokens.start();
      expect(tokens.isReady()).toBe(false);
      expect(await codeOf(tokens.verify(await bearer(), expected))).toBe('KEYS_UNAVAILABLE');
      isDown = false;
      while (!tokens.isReady()) await new Promise(setImmediate);
      expect(await codeOf(tokens.verify(await bearer(), expected))).toBe('ACCEPTED');
    });

    it.each<[string, (response: ServerResponse) => void]>([
      ['does not come', () => undefined],
      ['stops in the middle', (response) => response.write('{"keys":[')],
      [
        'has more than 1 MiB',
        (response) => void keyDocument({ filling: 'x'.repeat(1024 * 1024) }).then((text) => response.end(text)),
      ],
      ['is somewhere else', (response) => response.writeHead(302, { location: '/elsewhere' }).end()],
      ['is no JSON', (response) => response.end('<html>')],
    ])('does without a key document that %s', async (_, answer) => {
      const tokens = callbackTokens({ requestTimeoutMs: 200, cooldownMs: 0 });
      await tokens.start();
      published.push({ kid: 'k2', key: k2.publicKey });
      answerKeys = answer;
      const header = await withNewKey();
      expect(await codeOf(tokens.verify(header, expected))).toBe('KEYS_UNAVAILABLE');
      expect(await codeOf(tokens.verify(await bearer(), expected))).toBe('ACCEPTED');
      expect(requests).not.toContain('/elsewhere');
    });

    it('does not take an empty key document for keys', async () => {
      published = [];
      const tokens = callbackTokens();
      await tokens.start();
      expect(tokens.isReady()).toBe(false);
    });
  });

  describe('a token that was proven', () => {
    const NOT_THE_CLOCK = ['nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'setInterval', 'setTimeout'] as const;
    const tampered = (header: string) => header.replace(/.{6}$/, 'AAAAAA');

    it('is proven for one app and one tenant each time', async () => {
      const tokens = callbackTokens();
      const header = await bearer();
      expect(await codeOf(tokens.verify(header, expected))).toBe('ACCEPTED');
      expect(await codeOf(tokens.verify(header, { ...expected, audience: foreignId }))).toBe('TOKEN_INVALID');
      expect(await codeOf(tokens.verify(header, { ...expected, tenantId: foreignId }))).toBe('TOKEN_INVALID');
      expect(await codeOf(tokens.verify(tampered(header), expected))).toBe('TOKEN_INVALID');
      expect(await codeOf(tokens.verify(header, expected))).toBe('ACCEPTED');
    });

    it('is not forgotten for tokens of other apps or tenants, which never count as proven', async () => {
      const tokens = callbackTokens({ maxRemembered: 1 });
      const [own, ofAnotherApp] = [await bearer(), await bearer({ claims: { aud: foreignId } })];
      await tokens.verify(own, expected);
      expect(await codeOf(tokens.verify(ofAnotherApp, expected))).toBe('TOKEN_INVALID');
      expect([tokens.isProven(own), tokens.isProven(ofAnotherApp)]).toEqual([true, false]);
    });

    it('is known as proven, and no other is', async () => {
      const tokens = callbackTokens({ withdrawnKeysMs: 0, cooldownMs: 0 });
      const header = await bearer();
      expect([tokens.isProven(header), tokens.isProven(undefined)]).toEqual([false, false]);
      await tokens.verify(header, expected);
      expect([tokens.isProven(header), tokens.isProven(tampered(header))]).toEqual([true, false]);
      published = [{ kid: 'k2', key: k2.publicKey }];
      await tokens.verify(await bearer({ header: { kid: 'k2' }, key: k2.privateKey }), expected);
      expect(tokens.isProven(header)).toBe(false);
    });

    it('costs next to nothing the second time, also when the same keys were fetched anew meanwhile', async () => {
      const tokens = callbackTokens({ maxAgeMs: 20 });
      await tokens.start();
      const header = await bearer();
      await tokens.verify(header, expected);
      const verify = jest.spyOn(globalThis.crypto.subtle, 'verify');
      while (requests.length < 8) await new Promise(setImmediate);
      await tokens.verify(header, expected);
      expect(verify).not.toHaveBeenCalled();
      await tokens.verify(await bearer({ claims: { jti: 'another' } }), expected);
      expect(verify).toHaveBeenCalledTimes(1);
      verify.mockRestore();
    });

    it('is not accepted any more when it expires', async () => {
      const tokens = callbackTokens({ clockToleranceSeconds: 0 });
      await tokens.start();
      const exp = nowSeconds() + 3_900;
      const header = await bearer({ claims: { exp } });
      expect(await codeOf(tokens.verify(header, expected))).toBe('ACCEPTED');
      jest.useFakeTimers({ now: exp * 1_000, doNotFake: [...NOT_THE_CLOCK] });
      const code = await codeOf(tokens.verify(header, expected));
      jest.useRealTimers();
      expect(code).toBe('TOKEN_INVALID');
    });

    it('is not accepted any more when its key is withdrawn, or when all keys are too old', async () => {
      const header = await bearer();
      const rotating = callbackTokens({ maxAgeMs: 20, withdrawnKeysMs: 50 });
      expect(await codeOf(rotating.verify(header, expected))).toBe('ACCEPTED');
      await rotating.start();
      published = [{ kid: 'k2', key: k2.publicKey }];
      while ((await codeOf(rotating.verify(header, expected))) === 'ACCEPTED') await new Promise(setImmediate);
      published = [{ kid: 'k1', key: k1.publicKey }];
      const ageing = callbackTokens({ keepKeysMs: 50 });
      expect(await codeOf(ageing.verify(header, expected))).toBe('ACCEPTED');
      isDown = true;
      while ((await codeOf(ageing.verify(header, expected))) === 'ACCEPTED') await new Promise(setImmediate);
      expect(await codeOf(ageing.verify(header, expected))).toBe('KEYS_UNAVAILABLE');
    });
  });
});
