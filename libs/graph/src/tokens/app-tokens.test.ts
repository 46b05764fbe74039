import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { jwtVerify } from 'jose';
import { readAppCertificate, type AppCredential } from './app-credential.js';
import { AppTokens, type AppTokensOptions } from './app-tokens.js';
import { GraphTokenError } from '../errors.js';
import { appCertificate } from '../testing/app-certificate.js';
import { trustedLocalCertificate, type LocalCertificate } from '../testing/local-tls.js';

const tenantId = '86dc81db-c112-4228-9222-63f3e5aa1edb';
const otherTenantId = 'aa67bd4c-8475-432d-bd41-39f255720e0a';
const clientSecret = 'hunter2-hunter2';
const owner = { appId: 'app-1', tenantId };
const inOtherTenant = { ...owner, tenantId: otherTenantId };
const otherApp = { ...owner, appId: 'app-2' };

interface Asked {
  readonly path: string;
  readonly form: URLSearchParams;
}
/** Null leaves the request without an answer. */
type Answer = { status: number; body: unknown; headers?: Record<string, string> } | null;

let certificate: LocalCertificate;
let authority: Server;
let asked: Asked[];
let answer: (request: Asked, count: number) => Answer | Promise<Answer>;
const kept: AppTokens[] = [];

beforeAll(async () => {
  certificate = await trustedLocalCertificate();
  authority = createServer({ cert: certificate.cert, key: certificate.key }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const entry = { path: (request.url ?? '').split('?')[0]!, form: new URLSearchParams(Buffer.concat(chunks).toString()) };
      void Promise.resolve(answer(entry, asked.push(entry))).then((what) => {
        if (what)
          response
            .writeHead(what.status, what.headers)
            .end(typeof what.body === 'string' ? what.body : JSON.stringify(what.body));
      });
    });
  });
  await once(authority.listen(0, '127.0.0.1'), 'listening');
});

beforeEach(() => {
  asked = [];
  answer = (_, count) => token(`t${count}`);
});

afterEach(async () => {
  authority.closeAllConnections();
  await Promise.all(kept.splice(0).map((tokens) => tokens.close()));
});

afterAll(async () => {
  await once(authority.close(), 'close');
});

const jwtWith = (claims: object) => `eyJhbGciOiJSUzI1NiJ9.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
const token = (id: string, expiresInSeconds = 3_600): Answer => ({
  status: 200,
  body: { token_type: 'Bearer', expires_in: expiresInSeconds, access_token: jwtWith({ id, roles: ['Calls.Initiate.All', 7] }) },
});
const idOf = (value: string) => (JSON.parse(Buffer.from(value.split('.')[1]!, 'base64url').toString()) as { id: string }).id;

const secretOf = (appId: string): AppCredential => ({ kind: 'secret', clientSecret: `${clientSecret} of ${appId}` });

function appTokens(options: Partial<AppTokensOptions> = {}): AppTokens {
  const tokens = new AppTokens({
    authority: `https://localhost:${(authority.address() as AddressInfo).port}`,
    apps: ['app-1', 'app-2'].map((appId) => ({ appId, credential: secretOf(appId) })),
    scope: 'https://graph.example.test/.default',
    ...options,
  });
  kept.push(tokens);
  return tokens;
}

const withCredential = (credential: AppCredential) => appTokens({ apps: [{ appId: 'app-1', credential }] });

/** Waits for a condition. @throws after ten seconds */
async function until(condition: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadlineMs) throw new Error(`waited in vain for ${condition.toString()}`);
    await delay(5);
  }
}

async function errorOf(promise: Promise<unknown>): Promise<GraphTokenError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(GraphTokenError);
  return error as GraphTokenError;
}

const tokensFor = (tenant: string) => asked.filter(({ path }) => path.startsWith(`/${tenant}/`)).length;

describe('AppTokens', () => {
  it('asks the tenant’s own authority, and for nothing but the token', async () => {
    const before = Date.now();
    const { value, roles, expiresAtMs } = await appTokens().get(owner);
    expect(idOf(value)).toBe('t1');
    expect(roles).toEqual(['Calls.Initiate.All']);
    expect(expiresAtMs).toBeGreaterThan(before + 3_500_000);
    expect(asked.map(({ path }) => path)).toEqual([`/${tenantId}/oauth2/v2.0/token`]);
    expect(Object.fromEntries(asked[0]!.form)).toMatchObject({
      grant_type: 'client_credentials',
      client_id: 'app-1',
      scope: expect.stringContaining('https://graph.example.test/.default') as string,
    });
  });

  it.each([
    ['has no roles', jwtWith({ id: 't' })],
    ['has roles of another shape', jwtWith({ id: 't', roles: 'Calls.Initiate.All' })],
    ['nobody but Graph can read', 'opaque'],
  ])('does not know the roles of a token that %s', async (_what, accessToken) => {
    answer = () => ({ status: 200, body: { token_type: 'Bearer', expires_in: 3_600, access_token: accessToken } });
    expect(await appTokens().get(owner)).toMatchObject({ value: accessToken, roles: null });
  });

  it('keeps a token per app and tenant, whatever the case of their ids', async () => {
    const tokens = appTokens();
    const first = await tokens.get(owner);
    expect(await tokens.get({ appId: 'APP-1', tenantId: tenantId.toUpperCase() })).toEqual(first);
    await tokens.get(inOtherTenant);
    await tokens.get(otherApp);
    expect(asked.map(({ path, form }) => [path.split('/')[1], form.get('client_id'), form.get('client_secret')])).toEqual([
      [tenantId, 'app-1', `${clientSecret} of app-1`],
      [otherTenantId, 'app-1', `${clientSecret} of app-1`],
      [tenantId, 'app-2', `${clientSecret} of app-2`],
    ]);
  });

  it('asks once for twenty who want a token at the same time', async () => {
    const tokens = appTokens();
    const values = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => (await (index % 2 ? tokens.get(owner) : tokens.refresh(owner))).value),
    );
    expect(new Set(values).size).toBe(1);
    expect(asked).toHaveLength(1);
  });

  it('gets a new one after a 401 although the kept one has not expired', async () => {
    const tokens = appTokens();
    await tokens.get(owner);
    expect(idOf((await tokens.refresh(owner)).value)).toBe('t2');
    expect(idOf((await tokens.get(owner)).value)).toBe('t2');
  });

  it('says what to do when the authority refuses, without telling a secret', async () => {
    answer = () => ({
      status: 401,
      body: {
        error: 'invalid_client',
        error_description: 'AADSTS7000215: Invalid client secret provided. Trace ID: 1 Correlation ID: 2 Timestamp: 3',
        error_codes: [7000215],
      },
    });
    const error = await errorOf(appTokens().get(owner));
    expect(error.code).toBe('TOKEN_REFUSED');
    expect(error.message).toMatch(
      /app-1 in tenant 86dc.*invalid_client.*check the client secret.*AADSTS7000215: Invalid client secret provided/s,
    );
    expect(error.message).not.toMatch(/Trace|hunter2/);
  });

  it.each<[string, Answer]>([
    ['429', { status: 429, body: { error: 'temporarily_unavailable' } }],
    ['503', { status: 503, body: {} }],
    ['a page of some proxy', { status: 200, body: '<html>' }],
    ['200 without a token', { status: 200, body: {} }],
  ])('is unavailable for %s, and works as soon as the authority does', async (_, trouble) => {
    const tokens = appTokens({ firstRetryMs: 10 });
    answer = () => trouble;
    expect((await errorOf(tokens.get(owner))).code).toBe('TOKEN_UNAVAILABLE');
    answer = (__, count) => token(`t${count}`);
    await until(() => tokens.atHand(owner) !== undefined);
    expect(tokens.trouble(owner)).toBeNull();
  });

  it.each([429, 503])('is unavailable for as long as the authority asks with %d', async (status) => {
    answer = () => ({ status, body: {}, headers: { 'retry-after': '60' } });
    expect(await errorOf(appTokens().get(owner))).toMatchObject({ code: 'TOKEN_UNAVAILABLE', retryAfterMs: 60_000 });
  });

  it('is unavailable when no answer comes in time, or nobody listens', async () => {
    answer = () => null;
    expect((await errorOf(appTokens({ requestTimeoutMs: 100 }).get(owner))).code).toBe('TOKEN_UNAVAILABLE');
    expect((await errorOf(appTokens({ authority: 'https://localhost:1' }).get(owner))).message).toMatch(
      /Check that it can be reached/,
    );
  });

  it.each(['', '../common', 'a b', 'a/b', 'x'.repeat(200)])('refuses the tenant %j without asking', async (tenant) => {
    expect((await errorOf(appTokens().get({ ...owner, tenantId: tenant }))).code).toBe('TOKEN_REFUSED');
    expect(asked).toEqual([]);
  });

  it('refuses an app that it was not told of without asking', async () => {
    const error = await errorOf(appTokens().get({ ...owner, appId: 'app-3' }));
    expect([error.code, error.message]).toEqual(['TOKEN_REFUSED', expect.stringMatching(/app-3 is not configured/)]);
    expect(asked).toEqual([]);
  });
});

describe('a token in use', () => {
  it('is at hand for whoever must not wait, from when the first request came back', async () => {
    const told: unknown[] = [];
    const tokens = appTokens({ onRequested: (of, failure) => told.push([of, failure]) });
    expect([tokens.atHand(owner), tokens.atHand(owner)]).toEqual([undefined, undefined]);
    await until(() => told.length > 0);
    expect(told).toEqual([[owner, null]]);
    expect(idOf(tokens.atHand(owner)!.value)).toBe('t1');
    expect(asked).toHaveLength(1);
  });

  it('is renewed by itself', async () => {
    answer = (_, count) => token(`t${count}`, 2);
    const tokens = appTokens();
    await tokens.get(owner);
    await until(() => idOf(tokens.atHand(owner)?.value ?? 'eyJ.e30.x') === 't2');
  });

  it('is forgotten when nobody asked for it', async () => {
    // So near to its end that the renewal is due in about two seconds.
    let passedMs = 3_597_500;
    const tokens = appTokens({ nowMs: () => Date.now() + passedMs });
    await Promise.all([tokens.get(owner), tokens.get(inOtherTenant)]);
    // By the second renewal of this one, the first of the other tenant's would have been due.
    await until(() => tokens.atHand(owner) !== undefined && tokensFor(tenantId) === 3);
    expect(tokensFor(otherTenantId)).toBe(1);
    // It would still be valid for an hour.
    passedMs = 0;
    await tokens.get(inOtherTenant);
    expect(tokensFor(otherTenantId)).toBe(2);
  });
});

describe('the credential', () => {
  it('may be a certificate, with which the app signs a statement for this tenant’s endpoint', async () => {
    const { certificate: pem, privateKey } = await appCertificate();
    const tokens = withCredential({ kind: 'certificate', certificate: readAppCertificate(`${pem}\n${privateKey}`) });
    await tokens.get(owner);
    const { form, path } = asked[0]!;
    expect(form.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    expect(form.has('client_secret')).toBe(false);
    const registered = new X509Certificate(pem);
    const { protectedHeader } = await jwtVerify(form.get('client_assertion') ?? '', registered.publicKey, {
      algorithms: ['PS256'],
      issuer: 'app-1',
      subject: 'app-1',
      audience: `https://localhost:${(authority.address() as AddressInfo).port}${path}`,
      requiredClaims: ['exp', 'jti'],
      // msal rounds its time.
      clockTolerance: 1,
    });
    const thumbprint = Buffer.from(registered.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
    expect(protectedHeader['x5t#S256']).toBe(thumbprint);
  });

  it('may be a federated token, which is read anew for every request', async () => {
    const tokenFile = join(tmpdir(), `federated-token-${process.pid}`);
    const tokens = withCredential({ kind: 'federated', tokenFile });
    for (const assertion of ['first.token.x', 'second.token.x']) {
      writeFileSync(tokenFile, `${assertion}\n`);
      await tokens.refresh(owner);
    }
    rmSync(tokenFile);
    expect(asked.map(({ form }) => form.get('client_assertion'))).toEqual(['first.token.x', 'second.token.x']);
    expect(asked[0]!.form.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    expect(asked[0]!.form.has('client_secret')).toBe(false);
  });

  it('is said to be missing when the federated token’s file is not there, and read as soon as it is', async () => {
    const tokenFile = join(tmpdir(), `federated-token-“later”-${process.pid}`);
    const tokens = appTokens({
      apps: [{ appId: 'app-1', credential: { kind: 'federated', tokenFile } }],
      firstRetryMs: 10,
    });
    const error = await errorOf(tokens.get(owner));
    expect(error.code).toBe('TOKEN_UNAVAILABLE');
    expect(error.message).toMatch(/federated token file cannot be read: .*federated-token-“later”.*Check its path/);
    expect(asked).toEqual([]);
    writeFileSync(tokenFile, 'the.token.x');
    await until(() => tokens.atHand(owner) !== undefined);
    rmSync(tokenFile);
    expect(asked).toHaveLength(1);
  });
});
