import type { ServerResponse } from 'node:http';
import { jest } from '@jest/globals';
import { TokenError } from '../errors.js';
import { bearer, codeOf, expected, k2, TokenIssuer } from '../testing/token-issuer.js';

const issuer = TokenIssuer.forTests();

describe('the keys of CallbackTokens', () => {
  const withNewKey = () => bearer({ header: { kid: 'k2' }, key: k2.privateKey });
  const fetches = () => issuer.requests.filter((url) => url === '/keys').length;

  it('takes up a new key when a token names it, and the old one no longer', async () => {
    const tokens = issuer.tokens({ withdrawnKeysMs: 0, cooldownMs: 0 });
    await tokens.start();
    issuer.published = [{ kid: 'k2', key: k2.publicKey }];
    expect(await codeOf(tokens.verify(await withNewKey(), expected))).toBe('ACCEPTED');
    expect(await codeOf(tokens.verify(await bearer(), expected))).toBe('TOKEN_INVALID');
  });

  it('accepts a token of the old key that was in flight when the new key came', async () => {
    const tokens = issuer.tokens();
    await tokens.start();
    const [seen, unseen] = [await bearer(), await bearer({ claims: { jti: 'unseen' } })];
    expect(await codeOf(tokens.verify(seen, expected))).toBe('ACCEPTED');
    issuer.published = [{ kid: 'k2', key: k2.publicKey }];
    for (const header of [await withNewKey(), seen, unseen])
      expect(await codeOf(tokens.verify(header, expected))).toBe('ACCEPTED');
  });

  it('takes up a new key at once, though keys were fetched a moment ago, at the start or in the background', async () => {
    const tokens = issuer.tokens({ cooldownMs: 60_000 });
    await tokens.start();
    issuer.published = [{ kid: 'k2', key: k2.publicKey }];
    expect(await codeOf(tokens.verify(await withNewKey(), expected))).toBe('ACCEPTED');
  });

  it('lets a token with an unknown key wait until the next fetch after the cooldown', async () => {
    const tokens = issuer.tokens({ cooldownMs: 200, maxWaitMs: 10_000 });
    await tokens.start();
    expect(await codeOf(tokens.verify(await bearer({ header: { kid: 'forged' } }), expected))).toBe('TOKEN_INVALID');
    issuer.published = [{ kid: 'k2', key: k2.publicKey }];
    const headers = await Promise.all(
      [1, 2, 3].map((jti) => bearer({ header: { kid: 'k2' }, key: k2.privateKey, claims: { jti } })),
    );
    const codes = await Promise.all(headers.map((header) => codeOf(tokens.verify(header, expected))));
    expect([codes, fetches()]).toEqual([['ACCEPTED', 'ACCEPTED', 'ACCEPTED'], 3]);
  });

  it('reports KEYS_UNAVAILABLE at once when the cooldown outlasts the wait', async () => {
    const tokens = issuer.tokens({ cooldownMs: 600_000, maxWaitMs: 500_000 });
    await tokens.start();
    const forged = () => bearer({ header: { kid: 'forged' } });
    expect(await codeOf(tokens.verify(await forged(), expected))).toBe('TOKEN_INVALID');
    expect(await codeOf(tokens.verify(await forged(), expected))).toBe('KEYS_UNAVAILABLE');
    expect(await codeOf(tokens.verify(await bearer(), expected))).toBe('ACCEPTED');
    expect(fetches()).toBe(2);
  });

  it('refuses no token because of a fetch that began before the token came', async () => {
    const tokens = issuer.tokens({ cooldownMs: 0 });
    await tokens.start();
    const { promise: isAsked, resolve: asked } = Promise.withResolvers<ServerResponse>();
    issuer.answerKeys = asked;
    const first = codeOf(tokens.verify(await bearer({ header: { kid: 'forged' } }), expected));
    const withOldKeys = await isAsked;
    const old = await issuer.keyDocument();
    issuer.published = [{ kid: 'k2', key: k2.publicKey }];
    issuer.answerKeys = null;
    const second = codeOf(tokens.verify(await withNewKey(), expected));
    withOldKeys.end(old);
    expect([await first, await second]).toEqual(['TOKEN_INVALID', 'ACCEPTED']);
  });

  it('gives up after maxWaitMs when a fetch does not end', async () => {
    const tokens = issuer.tokens({ maxWaitMs: 50, requestTimeoutMs: 60_000 });
    await tokens.start();
    issuer.answerKeys = () => undefined;
    expect(await codeOf(tokens.verify(await withNewKey(), expected))).toBe('KEYS_UNAVAILABLE');
    expect(await codeOf(tokens.verify(await bearer(), expected))).toBe('ACCEPTED');
  });

  it('calls beforeWait before a token waits, and refuses the token when beforeWait throws', async () => {
    const tokens = issuer.tokens();
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
    await issuer.tokens({ maxAgeMs: 600_000 }).start();
    expect(setTimer.mock.calls.map(([, waitMs]) => waitMs)).toContain(300_000);
    setTimer.mockRestore();
  });

  it('takes up a new key in the background', async () => {
    const tokens = issuer.tokens({ maxAgeMs: 20 });
    await tokens.start();
    issuer.published = [{ kid: 'k2', key: k2.publicKey }];
    const header = await withNewKey();
    while ((await codeOf(tokens.verify(header, expected))) !== 'ACCEPTED') await new Promise(setImmediate);
  });

  it('fetches once per cooldown for a flood of unknown keys, and takes a new key that comes with it', async () => {
    const cooldownMs = 100;
    const tokens = issuer.tokens({ cooldownMs, maxWaitMs: 60_000 });
    await tokens.start();
    const headers = await Promise.all(Array.from({ length: 200 }, (_, i) => bearer({ header: { kid: `x${i}` } })));
    const begunAt = performance.now();
    const flood = async (): Promise<void> => {
      const codes = await Promise.all(headers.map((header) => codeOf(tokens.verify(header, expected))));
      expect(new Set(codes)).toEqual(new Set(['TOKEN_INVALID']));
    };
    await flood();
    issuer.published = [{ kid: 'k2', key: k2.publicKey }];
    const [code] = await Promise.all([codeOf(tokens.verify(await withNewKey(), expected)), flood(), flood()]);
    expect(code).toBe('ACCEPTED');
    expect(fetches()).toBeLessThanOrEqual(2 + Math.ceil((performance.now() - begunAt) / cooldownMs));
  });

  it('shares one fetch among all who ask, and makes no other for a while when it failed', async () => {
    issuer.isDown = true;
    const tokens = issuer.tokens({ cooldownMs: 60_000 });
    const header = await bearer();
    const ask = () => Promise.all(Array.from({ length: 20 }, () => codeOf(tokens.verify(header, expected))));
    expect(new Set([...(await ask()), ...(await ask())])).toEqual(new Set(['KEYS_UNAVAILABLE']));
    expect(issuer.requests).toEqual(['/openid']);
  });

  it('says why keys could not be fetched', async () => {
    issuer.isDown = true;
    const failures: string[] = [];
    await issuer.tokens({ onFetchFailed: (error) => failures.push((error as Error).message) }).start();
    expect(failures).toEqual([expect.stringMatching(/\/openid answered 503$/)]);
  });

  it('takes no keys that come over another scheme than the document that names them', async () => {
    const failures: string[] = [];
    issuer.jwksUri = 'https://localhost:1/keys';
    await issuer.tokens({ onFetchFailed: (error) => failures.push((error as Error).message) }).start();
    expect(failures).toEqual(['the OpenID document names a jwks_uri that is not http://']);
  });

  it('keeps the last good keys while new ones cannot be fetched, but not for ever', async () => {
    for (const [keepKeysMs, code] of [
      [86_400_000, 'ACCEPTED'],
      [0, 'KEYS_UNAVAILABLE'],
    ] as const) {
      issuer.isDown = false;
      const tokens = issuer.tokens({ keepKeysMs, cooldownMs: 0 });
      await tokens.start();
      issuer.isDown = true;
      expect(await codeOf(tokens.verify(await bearer(), expected))).toBe(code);
      expect(tokens.isReady()).toBe(code === 'ACCEPTED');
    }
  });

  it('cannot tell a new key from a forged one while keys cannot be fetched', async () => {
    const tokens = issuer.tokens({ cooldownMs: 0 });
    await tokens.start();
    issuer.isDown = true;
    expect(await codeOf(tokens.verify(await withNewKey(), expected))).toBe('KEYS_UNAVAILABLE');
  });

  it('is not ready without keys, says so, and recovers by itself', async () => {
    issuer.isDown = true;
    const tokens = issuer.tokens({ maxAgeMs: 20 });
    await tokens.start();
    expect(tokens.isReady()).toBe(false);
    expect(await codeOf(tokens.verify(await bearer(), expected))).toBe('KEYS_UNAVAILABLE');
    issuer.isDown = false;
    while (!tokens.isReady()) await new Promise(setImmediate);
    expect(await codeOf(tokens.verify(await bearer(), expected))).toBe('ACCEPTED');
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['does not come', () => undefined],
    ['stops in the middle', (response) => response.write('{"keys":[')],
    [
      'has more than 1 MiB',
      (response) => void issuer.keyDocument({ filling: 'x'.repeat(1024 * 1024) }).then((text) => response.end(text)),
    ],
    ['is somewhere else', (response) => response.writeHead(302, { location: '/elsewhere' }).end()],
    ['is no JSON', (response) => response.end('<html>')],
  ])('does without a key document that %s', async (_, answer) => {
    const tokens = issuer.tokens({ requestTimeoutMs: 200, cooldownMs: 0 });
    await tokens.start();
    issuer.published.push({ kid: 'k2', key: k2.publicKey });
    issuer.answerKeys = answer;
    const header = await withNewKey();
    expect(await codeOf(tokens.verify(header, expected))).toBe('KEYS_UNAVAILABLE');
    expect(await codeOf(tokens.verify(await bearer(), expected))).toBe('ACCEPTED');
    expect(issuer.requests).not.toContain('/elsewhere');
  });

  it('does not take an empty key document for keys', async () => {
    issuer.published = [];
    const tokens = issuer.tokens();
    await tokens.start();
    expect(tokens.isReady()).toBe(false);
  });
});
