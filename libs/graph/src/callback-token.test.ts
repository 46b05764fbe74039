import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, SignJWT, type CryptoKey } from 'jose';
import { CallbackTokens, type CallbackTokensOptions } from './callback-token.js';
import { CallbackTokenError, type CallbackTokenErrorCode } from './errors.js';

const appId = '2891555a-92ff-42e6-80fa-6e1300c6b5c6';
const tenantId = '86dc81db-c112-4228-9222-63f3e5aa1edb';
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
let fetches: number;
const opened: CallbackTokens[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const { port } = server.address() as AddressInfo;
    if (isDown) response.writeHead(503).end();
    else if (request.url === '/openid')
      response.end(JSON.stringify({ issuer: 'https://api.botframework.com', jwks_uri: `http://localhost:${port}/keys` }));
    else {
      fetches += 1;
      void Promise.all(published.map(async ({ kid, key }) => ({ ...(await exportJWK(key)), kid, use: 'sig' }))).then((keys) =>
        response.end(JSON.stringify({ keys })),
      );
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});

beforeEach(() => {
  published = [{ kid: 'k1', key: k1.publicKey }];
  isDown = false;
  fetches = 0;
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((tokens) => tokens.close()));
});

afterAll(async () => {
  server.closeAllConnections();
  await once(server.close(), 'close');
});

function callbackTokens(options: Partial<CallbackTokensOptions> = {}): CallbackTokens {
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

async function codeOf(promise: Promise<unknown>): Promise<CallbackTokenErrorCode | 'ACCEPTED'> {
  return promise.then(
    () => 'ACCEPTED' as const,
    (error: unknown) => {
      if (error instanceof CallbackTokenError) return error.code;
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
    ['another tenant', { claims: { tid: 'aa67bd4c-8475-432d-bd41-39f255720e0a' } }],
    ['a tenant that is a list', { claims: { tid: [tenantId] } }],
    ['no expiry', { claims: { exp: undefined } }],
    ['an expiry past the tolerance', { claims: { exp: nowSeconds() - 301 } }],
    ['a start in the future', { claims: { nbf: nowSeconds() + 301 } }],
    ['an issue in 2099', { claims: { iat: 4_070_908_800 } }],
    ['another’s signature', { key: foreign.privateKey }],
    ['another RSA algorithm', { alg: 'RS512' }],
    ['a PSS signature', { alg: 'PS256' }],
  ])('refuses %s', async (_, forged) => {
    expect(await codeOf(callbackTokens().verify(await bearer(forged), expected))).toBe('TOKEN_INVALID');
  });

  it.each([
    ['a key that the token brings along', { jwk: { kty: 'RSA' } }],
    ['a key set that the token names', { jku: 'http://localhost:1/keys' }],
  ])('does not listen to %s', async (_, header) => {
    const tokens = callbackTokens();
    expect(await codeOf(tokens.verify(await bearer({ header, key: foreign.privateKey }), expected))).toBe('TOKEN_INVALID');
    expect(fetches).toBe(1);
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
    expect(fetches).toBe(0);
  });

  it.each(['../../dev/null', "' OR 1=1--", 'x'.repeat(4_000)])('refuses the key id %.20j', async (kid) => {
    expect(await codeOf(callbackTokens().verify(await bearer({ header: { kid } }), expected))).toBe('TOKEN_INVALID');
  });

  it('refuses a token that leaves open which of two keys signed it', async () => {
    published.push({ kid: 'k2', key: k2.publicKey });
    expect(await codeOf(callbackTokens().verify(await bearer({ header: { kid: undefined } }), expected))).toBe('TOKEN_INVALID');
  });

  describe('keys', () => {
    const withNewKey = () => bearer({ header: { kid: 'k2' }, key: k2.privateKey });

    it('takes up a new key when a token names it', async () => {
      const tokens = callbackTokens({ cooldownMs: 0 });
      await tokens.start();
      published = [{ kid: 'k2', key: k2.publicKey }];
      expect(await codeOf(tokens.verify(await withNewKey(), expected))).toBe('ACCEPTED');
      expect(await codeOf(tokens.verify(await bearer(), expected))).toBe('TOKEN_INVALID');
    });

    it('takes up a new key in the background', async () => {
      const tokens = callbackTokens({ refreshIntervalMs: 10 });
      await tokens.start();
      published = [{ kid: 'k2', key: k2.publicKey }];
      const header = await withNewKey();
      while ((await codeOf(tokens.verify(header, expected))) !== 'ACCEPTED') await new Promise(setImmediate);
    });

    it('fetches once for a flood of unknown keys', async () => {
      const tokens = callbackTokens();
      await tokens.start();
      const headers = await Promise.all(Array.from({ length: 50 }, (_, i) => bearer({ header: { kid: `x${i}` } })));
      for (const header of headers) expect(await codeOf(tokens.verify(header, expected))).toBe('TOKEN_INVALID');
      expect(fetches).toBe(1);
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
      const tokens = callbackTokens({ refreshIntervalMs: 10 });
      await tokens.start();
      expect(tokens.isReady()).toBe(false);
      expect(await codeOf(tokens.verify(await bearer(), expected))).toBe('KEYS_UNAVAILABLE');
      isDown = false;
      while (!tokens.isReady()) await new Promise(setImmediate);
      expect(await codeOf(tokens.verify(await bearer(), expected))).toBe('ACCEPTED');
    });

    it('does not take an empty key document for keys', async () => {
      published = [];
      const tokens = callbackTokens();
      await tokens.start();
      expect(tokens.isReady()).toBe(false);
    });
  });
});
