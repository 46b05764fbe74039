import { generateKeyPairSync, sign } from 'node:crypto';
import { exportJWK, exportSPKI } from 'jose';
import {
  appId,
  bearer,
  codeOf,
  expected,
  foreign,
  foreignId,
  GRAPH,
  type Forged,
  k1,
  k2,
  nowSeconds,
  tenantId,
  TokenIssuer,
} from '../testing/token-issuer.js';

const issuer = TokenIssuer.forTests();

describe('CallbackTokens', () => {
  it('accepts what Graph signs, and says what it proves', async () => {
    const tokens = issuer.tokens();
    await tokens.start();
    expect(tokens.isReady()).toBe(true);
    expect(await tokens.verify(await bearer(), expected)).toEqual({
      tenantId,
      appId,
      issuer: GRAPH,
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
    expect(await codeOf(issuer.tokens().verify(await bearer(forged), expected))).toBe('ACCEPTED');
  });

  it('compares issuers as they are written, so one with a slash at its end is accepted where it is named', async () => {
    const tokens = issuer.tokens({ issuers: ['https://api.botframework.com/'] });
    const of = async (iss: string) => codeOf(tokens.verify(await bearer({ claims: { iss } }), expected));
    expect(await of('https://api.botframework.com/')).toBe('ACCEPTED');
    expect(await of('https://api.botframework.com')).toBe('TOKEN_INVALID');
  });

  it('names the issuer that it does not accept, once the signature is proven', async () => {
    const claims = { iss: 'https://api.botframework.us' };
    await expect(issuer.tokens().verify(await bearer({ claims }), expected)).rejects.toThrow('https://api.botframework.us');
    const forged = bearer({ claims, key: foreign.privateKey });
    await expect(issuer.tokens().verify(await forged, expected)).rejects.not.toThrow('https://api.botframework.us');
  });

  it('accepts the scheme in any case', async () => {
    expect(await codeOf(issuer.tokens().verify((await bearer()).replace('Bearer', 'bearer'), expected))).toBe('ACCEPTED');
  });

  it.each<[string, Forged]>([
    ['another app’s audience', { claims: { aud: 'other' } }],
    ['our audience among others', { claims: { aud: [appId, 'other'] } }],
    ['our audience in a list', { claims: { aud: [appId] } }],
    ['no audience', { claims: { aud: undefined } }],
    ['an issuer with a slash at its end', { claims: { iss: `${GRAPH}/` } }],
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
    expect(await codeOf(issuer.tokens().verify(await bearer(forged), expected))).toBe('TOKEN_INVALID');
  });

  it.each(['jwk', 'jku', 'x5u', 'x5c'] as const)(
    'does not listen to the key that a token brings along or names by %s',
    async (member) => {
      const url = `${issuer.url}/forged`;
      const jwk = await exportJWK(foreign.publicKey);
      const header = { [member]: { jwk, jku: url, x5u: url, x5c: ['MIIB'] }[member] };
      for (const kid of ['k1', 'forged']) {
        const forged = await bearer({ header: { ...header, kid }, key: foreign.privateKey });
        expect(await codeOf(issuer.tokens().verify(forged, expected))).toBe('TOKEN_INVALID');
      }
      expect(issuer.requests).not.toContain('/forged');
    },
  );

  it('refuses a token with an extension that must be understood', async () => {
    const [, payload] = (await bearer()).slice(7).split('.');
    const header = Buffer.from(JSON.stringify({ alg: 'RS256', kid: 'k1', crit: ['exp'], exp: 1 })).toString('base64url');
    const signature = sign('sha256', Buffer.from(`${header}.${payload!}`), k1.privateKey).toString('base64url');
    const forged = `Bearer ${header}.${payload!}.${signature}`;
    expect(await codeOf(issuer.tokens().verify(forged, expected))).toBe('TOKEN_INVALID');
  });

  it('refuses a signature of another kind of key', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect(await codeOf(issuer.tokens().verify(await bearer({ alg: 'ES256', key: privateKey }), expected))).toBe('TOKEN_INVALID');
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
      expect(await codeOf(issuer.tokens().verify(header, expected))).toBe('TOKEN_INVALID');
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
    expect(await codeOf(issuer.tokens().verify(header, expected))).toBe(code);
    expect(issuer.requests).toEqual([]);
  });

  it.each(['../../dev/null', "' OR 1=1--", 'x'.repeat(4_000), 'x'.repeat(10_240)])('refuses the key id %.20j', async (kid) => {
    expect(await codeOf(issuer.tokens().verify(await bearer({ header: { kid } }), expected))).toBe('TOKEN_INVALID');
  });

  it('refuses a token that leaves open which of two keys signed it', async () => {
    issuer.published.push({ kid: 'k2', key: k2.publicKey });
    expect(await codeOf(issuer.tokens().verify(await bearer({ header: { kid: undefined } }), expected))).toBe('TOKEN_INVALID');
  });
});
