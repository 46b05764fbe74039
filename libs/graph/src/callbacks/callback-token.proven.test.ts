import { jest } from '@jest/globals';
import { bearer, codeOf, expected, foreignId, k1, k2, nowSeconds, TokenIssuer } from '../testing/token-issuer.js';

const issuer = TokenIssuer.forTests();

describe('a callback token that was proven', () => {
  const NOT_THE_CLOCK = ['nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'setInterval', 'setTimeout'] as const;
  const tampered = (header: string) => header.replace(/.{6}$/, 'AAAAAA');

  it('is proven for one app and one tenant each time', async () => {
    const tokens = issuer.tokens();
    const header = await bearer();
    expect(await codeOf(tokens.verify(header, expected))).toBe('ACCEPTED');
    expect(await codeOf(tokens.verify(header, { ...expected, audience: foreignId }))).toBe('TOKEN_INVALID');
    expect(await codeOf(tokens.verify(header, { ...expected, tenantId: foreignId }))).toBe('TOKEN_INVALID');
    expect(await codeOf(tokens.verify(tampered(header), expected))).toBe('TOKEN_INVALID');
    expect(await codeOf(tokens.verify(header, expected))).toBe('ACCEPTED');
  });

  it('is not forgotten for tokens of other apps or tenants, which never count as proven', async () => {
    const tokens = issuer.tokens({ maxRemembered: 1 });
    const [own, ofAnotherApp] = [await bearer(), await bearer({ claims: { aud: foreignId } })];
    await tokens.verify(own, expected);
    expect(await codeOf(tokens.verify(ofAnotherApp, expected))).toBe('TOKEN_INVALID');
    expect([tokens.isProven(own), tokens.isProven(ofAnotherApp)]).toEqual([true, false]);
  });

  it('is known as proven, and no other is', async () => {
    const tokens = issuer.tokens({ withdrawnKeysMs: 0, cooldownMs: 0 });
    const header = await bearer();
    expect([tokens.isProven(header), tokens.isProven(undefined)]).toEqual([false, false]);
    await tokens.verify(header, expected);
    expect([tokens.isProven(header), tokens.isProven(tampered(header))]).toEqual([true, false]);
    issuer.published = [{ kid: 'k2', key: k2.publicKey }];
    await tokens.verify(await bearer({ header: { kid: 'k2' }, key: k2.privateKey }), expected);
    expect(tokens.isProven(header)).toBe(false);
  });

  it('costs next to nothing the second time, also when the same keys were fetched anew meanwhile', async () => {
    const tokens = issuer.tokens({ maxAgeMs: 20 });
    await tokens.start();
    const header = await bearer();
    await tokens.verify(header, expected);
    const verify = jest.spyOn(globalThis.crypto.subtle, 'verify');
    while (issuer.requests.length < 8) await new Promise(setImmediate);
    await tokens.verify(header, expected);
    expect(verify).not.toHaveBeenCalled();
    await tokens.verify(await bearer({ claims: { jti: 'another' } }), expected);
    expect(verify).toHaveBeenCalledTimes(1);
    verify.mockRestore();
  });

  it('is not accepted any more when it expires', async () => {
    const tokens = issuer.tokens({ clockToleranceSeconds: 0 });
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
    const rotating = issuer.tokens({ maxAgeMs: 20, withdrawnKeysMs: 50 });
    expect(await codeOf(rotating.verify(header, expected))).toBe('ACCEPTED');
    await rotating.start();
    issuer.published = [{ kid: 'k2', key: k2.publicKey }];
    while ((await codeOf(rotating.verify(header, expected))) === 'ACCEPTED') await new Promise(setImmediate);
    issuer.published = [{ kid: 'k1', key: k1.publicKey }];
    const ageing = issuer.tokens({ keepKeysMs: 50 });
    expect(await codeOf(ageing.verify(header, expected))).toBe('ACCEPTED');
    issuer.isDown = true;
    while ((await codeOf(ageing.verify(header, expected))) === 'ACCEPTED') await new Promise(setImmediate);
    expect(await codeOf(ageing.verify(header, expected))).toBe('KEYS_UNAVAILABLE');
  });
});
