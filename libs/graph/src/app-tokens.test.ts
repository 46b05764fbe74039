import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { AppTokens, type AppTokensOptions } from './app-tokens.js';
import { GraphTokenError } from './errors.js';
import { trustedLocalCertificate, type LocalCertificate } from './testing/local-tls.js';

const tenantId = '86dc81db-c112-4228-9222-63f3e5aa1edb';
const otherTenantId = 'aa67bd4c-8475-432d-bd41-39f255720e0a';
const clientSecret = 'hunter2-hunter2';

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

function appTokens(options: Partial<AppTokensOptions> = {}): AppTokens {
  const origin = `https://localhost:${(authority.address() as AddressInfo).port}`;
  const tokens = new AppTokens({
    authority: origin,
    clientId: 'app-1',
    clientSecret,
    scope: 'https://graph.example.test/.default',
    ...options,
  });
  kept.push(tokens);
  return tokens;
}

async function errorOf(promise: Promise<unknown>): Promise<GraphTokenError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(GraphTokenError);
  return error as GraphTokenError;
}

describe('AppTokens', () => {
  it('asks the tenant’s own authority, and for nothing but the token', async () => {
    const before = Date.now();
    const { value, roles, expiresAtMs } = await appTokens().get(tenantId);
    expect(idOf(value)).toBe('t1');
    expect(roles).toEqual(['Calls.Initiate.All']);
    expect(expiresAtMs).toBeGreaterThan(before + 3_500_000);
    expect(asked.map(({ path }) => path)).toEqual([`/${tenantId}/oauth2/v2.0/token`]);
    expect(Object.fromEntries(asked[0]!.form)).toMatchObject({
      grant_type: 'client_credentials',
      client_id: 'app-1',
      client_secret: clientSecret,
      scope: expect.stringContaining('https://graph.example.test/.default') as string,
    });
  });

  it('keeps a token, per tenant and whatever the case of its id', async () => {
    const tokens = appTokens();
    const first = await tokens.get(tenantId);
    expect(await tokens.get(tenantId.toUpperCase())).toEqual(first);
    await tokens.get(otherTenantId);
    expect(asked.map(({ path }) => path.split('/')[1])).toEqual([tenantId, otherTenantId]);
  });

  it('asks once for twenty who want a token at the same time', async () => {
    const tokens = appTokens();
    const values = await Promise.all(Array.from({ length: 20 }, async () => (await tokens.get(tenantId)).value));
    expect(new Set(values).size).toBe(1);
    expect(asked).toHaveLength(1);
  });

  it('gets a new one after a 401 although the kept one has not expired', async () => {
    const tokens = appTokens();
    await tokens.get(tenantId);
    expect(idOf((await tokens.refresh(tenantId)).value)).toBe('t2');
    expect(idOf((await tokens.get(tenantId)).value)).toBe('t2');
  });

  it('renews a token before it expires, and uses the old one up if that fails', async () => {
    let passedMs = 0;
    const tokens = appTokens({ nowMs: () => Date.now() + passedMs });
    await tokens.get(tenantId);
    passedMs = 3_400_000;
    answer = () => ({ status: 503, body: {} });
    expect(idOf((await tokens.get(tenantId)).value)).toBe('t1');
    passedMs = 3_601_000;
    expect((await errorOf(tokens.get(tenantId))).code).toBe('TOKEN_UNAVAILABLE');
    answer = (_, count) => token(`t${count}`);
    expect(idOf((await tokens.get(tenantId)).value)).toBe('t4');
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
    const error = await errorOf(appTokens().get(tenantId));
    expect(error.code).toBe('TOKEN_REFUSED');
    expect(error.message).toMatch(
      /app-1 in tenant 86dc.*invalid_client.*check the client secret.*AADSTS7000215: Invalid client secret provided/s,
    );
    expect(error.message).not.toMatch(/Trace|hunter2/);
  });

  it.each<[string, Answer]>([
    ['429', { status: 429, body: { error: 'temporarily_unavailable' }, headers: { 'retry-after': '60' } }],
    ['503', { status: 503, body: {} }],
    ['a page of some proxy', { status: 200, body: '<html>' }],
    ['200 without a token', { status: 200, body: {} }],
  ])('is unavailable for %s, and works as soon as the authority does', async (_, trouble) => {
    const tokens = appTokens();
    answer = () => trouble;
    expect((await errorOf(tokens.get(tenantId))).code).toBe('TOKEN_UNAVAILABLE');
    answer = (__, count) => token(`t${count}`);
    expect(idOf((await tokens.get(tenantId)).value)).toBe('t2');
  });

  it('is unavailable when no answer comes in time, or nobody listens', async () => {
    answer = () => null;
    expect((await errorOf(appTokens({ requestTimeoutMs: 100 }).get(tenantId))).code).toBe('TOKEN_UNAVAILABLE');
    expect((await errorOf(appTokens({ authority: 'https://localhost:1' }).get(tenantId))).message).toMatch(
      /Check that it can be reached/,
    );
  });

  it.each(['', '../common', 'a b', 'a/b', 'x'.repeat(200)])('refuses the tenant %j without asking', async (tenant) => {
    expect((await errorOf(appTokens().get(tenant))).code).toBe('TOKEN_REFUSED');
    expect(asked).toEqual([]);
  });
});
