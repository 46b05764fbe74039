import { spawn } from 'node:child_process';
import { generateKeyPair, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CALLING_ROLES, readAppCertificate, type CreateCallOutcome } from '@callbus/graph';
import { createRemoteJWKSet, decodeJwt, jwtVerify, SignJWT } from 'jose';
import type { Json } from './calls/graph-call.js';
import type { DeliveryRecord, PostRecord } from './control/records.js';
import { appCertificate } from './testing/app-certificate.js';
import { BOT, CALLER, CALLBACK_ISSUER, runningSimulator } from './testing/running-simulator.js';
import { exampleRequest } from './testing/samples.js';

const tenantId = '86dc81db-c112-4228-9222-63f3e5aa1edb';
const owner = { appId: BOT.clientId, tenantId };
let sim: Awaited<ReturnType<typeof runningSimulator>>;

beforeAll(async () => {
  sim = await runningSimulator();
});

afterEach(async () => {
  await sim.control('DELETE', 'faults');
  await sim.control('DELETE', 'script');
  await sim.control('PUT', `tenants/${tenantId}`, { roles: CALLING_ROLES });
  sim.receiver.answer = 202;
});

afterAll(async () => {
  await sim.close();
});

/** Posts an example as the dispatcher would. */
async function create(example: number, change: Json = {}, callId: string = randomUUID(), token?: string) {
  const body = { ...exampleRequest(example), callbackUri: sim.receiver.callbackUri(callId, tenantId, BOT.clientId), ...change };
  const value = token ?? (await sim.tokens.get(owner)).value;
  const outcome = await sim.graph.createCall({ token: value, body, callId, clientRequestId: randomUUID() });
  return { callId, outcome };
}

/** Registers a further bot. @returns its id */
async function register(credentials: object): Promise<string> {
  const clientId = randomUUID();
  expect((await sim.control('PUT', `apps/${clientId}`, { kind: 'bot', ...credentials })).status).toBe(204);
  return clientId;
}

const asCaller = () =>
  sim.tokensOf(CALLER.clientId, { kind: 'secret', clientSecret: CALLER.clientSecret }, 'api://callbus/.default');

function idOf(outcome: CreateCallOutcome): string {
  expect(outcome).toMatchObject({ kind: 'created' });
  return (outcome as { graphCallId: string }).graphCallId;
}

const postsOf = async (callId: string) =>
  ((await sim.control('GET', `posts?callId=${callId}`)).body as { posts: PostRecord[] }).posts;
const deliveriesOf = async (callId: string) =>
  ((await sim.control('GET', `deliveries?callId=${callId}`)).body as { deliveries: DeliveryRecord[] }).deliveries;
const liveCalls = async () =>
  ((await sim.control('GET', 'calls')).body as { calls: { id: string; callId: string; state: string }[] }).calls;
const fault = async (order: object) => {
  expect((await sim.control('POST', 'faults', order)).status).toBe(201);
};
const toldOf = (received: readonly { told: string }[]) => received.map(({ told }) => told);

describe('as the token authority', () => {
  it('gives a bot what the client library of Microsoft asks for', async () => {
    const { value, roles } = await sim.tokens.refresh(owner);
    expect(roles).toEqual(CALLING_ROLES);
    expect(decodeJwt(value)).toMatchObject({
      aud: sim.url,
      iss: `${sim.url}/${tenantId}/v2.0`,
      tid: tenantId,
      appid: BOT.clientId,
    });
  });

  it('gives a caller a token that the gateway can check with the keys of any tenant', async () => {
    const { value } = await asCaller().get({ ...owner, appId: CALLER.clientId });
    for (const tenant of [tenantId, 'common']) {
      const document = (await (await fetch(`${sim.url}/${tenant}/v2.0/.well-known/openid-configuration`)).json()) as Record<
        string,
        string
      >;
      expect(document['issuer']).toBe(`${sim.url}/${tenant === 'common' ? '{tenantid}' : tenant}/v2.0`);
      const keys = createRemoteJWKSet(new URL(document['jwks_uri']!));
      const { payload } = await jwtVerify(value, keys, { audience: 'api://callbus', algorithms: ['RS256'] });
      expect(payload).toMatchObject({ tid: tenantId, azp: CALLER.clientId, roles: ['Calls.Create', 'Calls.Read', 'Calls.End'] });
    }
  });

  it('refuses a wrong secret in the words of Entra', async () => {
    const wrong = sim.tokensOf(BOT.clientId, { kind: 'secret', clientSecret: 'wrong' });
    await expect(wrong.get(owner)).rejects.toThrow(/invalid_client.*AADSTS7000215/s);
  });

  it('believes an app by the certificate that was registered for it, and by no other', async () => {
    const [own, other] = await Promise.all([appCertificate(), appCertificate()]);
    const appId = await register({ certificate: own.certificate });
    const by = ({ certificate, privateKey }: typeof own) =>
      sim.tokensOf(appId, { kind: 'certificate', certificate: readAppCertificate(certificate + privateKey) });
    expect(decodeJwt((await by(own).get({ appId, tenantId })).value)).toMatchObject({ appid: appId, azpacr: '2' });
    await expect(by(other).get({ appId, tenantId })).rejects.toThrow(/check the certificate.*AADSTS700027/s);
  });

  it('believes an app by the tokens of whom it trusts, while they are valid', async () => {
    const issuer = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
    const publicKey = issuer.publicKey.export({ type: 'spki', format: 'pem' });
    const federatedCredential = {
      issuer: 'https://cluster.example',
      subject: 'system:serviceaccount:callbus:dispatcher',
      publicKey,
    };
    const appId = await register({ federatedCredential });
    const tokenFile = join(tmpdir(), `simulator-federated-token-${process.pid}`);
    const write = async (subject: string, expiresIn: string) => {
      const token = new SignJWT()
        .setProtectedHeader({ alg: 'RS256' })
        .setIssuer(federatedCredential.issuer)
        .setSubject(subject)
        .setAudience('api://AzureADTokenExchange')
        .setExpirationTime(expiresIn);
      writeFileSync(tokenFile, await token.sign(issuer.privateKey));
    };
    const get = async () => sim.tokensOf(appId, { kind: 'federated', tokenFile }).get({ appId, tenantId });
    await write(federatedCredential.subject, '1h');
    expect(decodeJwt((await get()).value)).toMatchObject({ appid: appId });
    await write(federatedCredential.subject, '10 minutes ago');
    await expect(get()).rejects.toThrow(/AADSTS700024/);
    await write('system:serviceaccount:callbus:gateway', '1h');
    await expect(get()).rejects.toThrow(/check the federated credential.*AADSTS700213.*callbus:gateway/s);
    rmSync(tokenFile);
  });

  it.each<[string, object]>([
    ['no kind', { clientSecret: 's' }],
    ['no credential', { kind: 'bot' }],
    ['a certificate that is none', { kind: 'bot', certificate: 'x' }],
    ['half a federated credential', { kind: 'bot', federatedCredential: { issuer: 'i' } }],
  ])('registers no app with %s', async (_, app) => {
    expect(await sim.control('PUT', `apps/${randomUUID()}`, app)).toMatchObject({
      status: 400,
      body: { faults: [expect.any(String)] },
    });
  });

  it('refuses an unknown scope', async () => {
    const wrong = sim.tokensOf(BOT.clientId, { kind: 'secret', clientSecret: BOT.clientSecret }, 'api://other/.default');
    await expect(wrong.get(owner)).rejects.toThrow(/invalid_resource.*AADSTS500011/s);
  });
});

describe('as Graph', () => {
  it('answers 201 with Location, Graph’s headers and the call', async () => {
    const callId = randomUUID();
    const callbackUri = sim.receiver.callbackUri(callId, tenantId, BOT.clientId);
    const answer = await fetch(`${sim.url}/v1.0/communications/calls`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${(await sim.tokens.get(owner)).value}`,
        'content-type': 'application/json',
        'client-request-id': 'c-1',
        'scenario-id': callId,
      },
      body: JSON.stringify({ ...exampleRequest(1), callbackUri }),
    });
    const call = (await answer.json()) as Json;
    expect(answer.status).toBe(201);
    expect(call).toMatchObject({ state: 'establishing', callbackUri });
    expect(answer.headers.get('location')).toBe(`${sim.url}/v1.0/communications/calls/${String(call['id'])}`);
    expect(answer.headers.get('client-request-id')).toBe('c-1');
    expect(answer.headers.get('scenario-id')).toBe(callId);
    expect(answer.headers.get('request-id')).toMatch(/^[0-9a-f-]{36}$/);
    await sim.receiver.untilTold(callId, 'terminated');
  });

  it.each([1, 2, 7, 8])('plays example %d, a call between two: no roster', async (example) => {
    const { callId, outcome } = await create(example);
    idOf(outcome);
    expect(toldOf(await sim.receiver.untilTold(callId, 'terminated'))).toEqual([
      'establishing',
      'established',
      'terminating',
      'terminated',
    ]);
  });

  it.each([3, 4, 5, 6])('plays example %d, a group call or a meeting: with its roster', async (example) => {
    const { callId, outcome } = await create(example);
    idOf(outcome);
    const received = await sim.receiver.untilTold(callId, 'terminated');
    expect(toldOf(received)).toEqual(['establishing', 'established', 'participants', 'terminating', 'terminated']);
    expect(received[2]!.text).toContain(example < 5 ? 'user2' : 'Bob');
  });

  it('signs its callbacks so that they prove themselves, and sends the headers of public threads', async () => {
    const { callId, outcome } = await create(1);
    const received = await sim.receiver.untilTold(callId, 'terminated');
    for (const { headers } of received) {
      const claims = await sim.callbackTokens.verify(headers.authorization, { audience: BOT.clientId, tenantId });
      expect(claims).toMatchObject({ issuer: CALLBACK_ISSUER, tenantId, appId: BOT.clientId });
      expect(headers).toMatchObject({
        'content-type': 'application/json',
        'user-agent': 'Microsoft-Skype/3.0,(Calling/1.0)',
        'scenario-id': callId,
      });
    }
    const { call } = outcome as { call: Json };
    expect(new Set(received.map(({ headers }) => headers['x-microsoft-skype-chain-id']))).toEqual(new Set([call['callChainId']]));
    expect(new Set(received.map(({ headers }) => headers['x-microsoft-skype-message-id'])).size).toBe(received.length);
  });

  it('calls back each app under its own name', async () => {
    const appId = await register({ clientSecret: 'another bot’s' });
    const { value } = await sim.tokensOf(appId, { kind: 'secret', clientSecret: 'another bot’s' }).get({ appId, tenantId });
    const callId = randomUUID();
    idOf((await create(1, { callbackUri: sim.receiver.callbackUri(callId, tenantId, appId) }, callId, value)).outcome);
    const { headers } = (await sim.receiver.untilTold(callId, 'terminated')).at(-1)!;
    const verified = async (audience: string) => sim.callbackTokens.verify(headers.authorization, { audience, tenantId });
    expect(await verified(appId)).toMatchObject({ appId });
    await expect(verified(BOT.clientId)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
  });

  it('reads, keeps alive and hangs up a call', async () => {
    await sim.control('PUT', 'script', { talkMs: null });
    const { callId, outcome } = await create(1);
    const [id, { value }] = [idOf(outcome), await sim.tokens.get(owner)];
    await sim.receiver.untilTold(callId, 'established');
    expect(await sim.graph.getCall(id, value)).toMatchObject({ kind: 'found', call: { id, state: 'established' } });
    expect(await sim.graph.keepAlive(id.toUpperCase(), value)).toEqual({ kind: 'alive' });
    expect(await liveCalls()).toContainEqual(expect.objectContaining({ id, callId, state: 'established' }));
    expect(await sim.graph.endCall(id, value)).toEqual({ kind: 'ended' });
    expect(toldOf(await sim.receiver.untilTold(callId, 'terminated'))).toEqual([
      'establishing',
      'established',
      'terminating',
      'terminated',
    ]);
    expect(await sim.graph.endCall(id, value)).toEqual({ kind: 'gone' });
    expect(await sim.graph.keepAlive(id, value)).toEqual({ kind: 'gone' });
    expect(await sim.graph.getCall(id, value)).toEqual({ kind: 'gone' });
  });

  it('shows a call to its own tenant only', async () => {
    await sim.control('PUT', 'script', { talkMs: null });
    const { outcome } = await create(1);
    const { value } = await sim.tokens.get({ ...owner, tenantId: 'aa67bd4c-8475-432d-bd41-39f255720e0a' });
    expect(await sim.graph.endCall(idOf(outcome), value)).toEqual({ kind: 'gone' });
    expect(await sim.graph.endCall(idOf(outcome), (await sim.tokens.get(owner)).value)).toEqual({ kind: 'ended' });
  });

  it('refuses what Graph refuses', async () => {
    const forged = `${(await sim.tokens.get(owner)).value.slice(0, -4)}AAAA`;
    expect((await create(1, {}, undefined, forged)).outcome).toMatchObject({
      kind: 'unauthorized',
      error: { code: 'InvalidAuthenticationToken' },
    });
    expect((await create(1, { callbackUri: 'http://bot.contoso.com' })).outcome).toMatchObject({
      kind: 'rejected',
      error: { httpStatus: 400 },
    });
    expect((await create(1, { callbackUri: null })).outcome).toMatchObject({ kind: 'rejected', error: { httpStatus: 400 } });
    expect((await create(1, { mediaConfig: null })).outcome).toMatchObject({ kind: 'rejected', error: { httpStatus: 400 } });
    const other = { tenantId: 'aa67bd4c-8475-432d-bd41-39f255720e0a' };
    expect((await create(1, other)).outcome).toMatchObject({ kind: 'rejected', error: { httpStatus: 403, code: '7505' } });
    const unsigned = await fetch(`${sim.url}/v1.0/communications/calls`, { method: 'POST', body: '{}' });
    expect([unsigned.status, await unsigned.json()]).toMatchObject([401, { error: { code: 'InvalidAuthenticationToken' } }]);
  });

  it('refuses a call for which the tenant has not consented', async () => {
    await sim.control('PUT', `tenants/${tenantId}`, { roles: ['Calls.JoinGroupCall.All'] });
    const { value, roles } = await sim.tokens.refresh(owner);
    expect(roles).toEqual(['Calls.JoinGroupCall.All']);
    expect((await create(1, {}, undefined, value)).outcome).toMatchObject({ kind: 'rejected', error: { code: '7504' } });
    idOf((await create(5, {}, undefined, value)).outcome);
    await sim.control('PUT', `tenants/${tenantId}`, { roles: CALLING_ROLES });
    await sim.tokens.refresh(owner);
  });

  it('does not take a token of the gateway’s', async () => {
    const { value } = await asCaller().get({ ...owner, appId: CALLER.clientId });
    expect((await create(1, {}, undefined, value)).outcome).toMatchObject({ kind: 'unauthorized' });
  });

  it('ends a call that is not kept alive', async () => {
    const impatient = await runningSimulator({ SIMULATOR_KEEP_ALIVE_MS: '60', SIMULATOR_TALK_MS: '60000' });
    const callId = randomUUID();
    const body = { ...exampleRequest(1), callbackUri: impatient.receiver.callbackUri(callId, tenantId, BOT.clientId) };
    const { value: token } = await impatient.tokens.get(owner);
    await impatient.graph.createCall({ token, body, callId, clientRequestId: randomUUID() });
    const received = await impatient.receiver.untilTold(callId, 'terminated');
    expect(received.at(-1)!.text).toContain('"subcode":8537');
    await impatient.close();
  });
});

describe('the record of what came', () => {
  it('counts a create by the id in its callback address, with its answer and without its token', async () => {
    const { callId } = await create(1);
    const posts = await postsOf(callId);
    expect(posts).toMatchObject([
      {
        callId,
        attempt: 1,
        answered: { status: 201 },
        headers: { 'scenario-id': callId },
        body: { callbackUri: expect.any(String) as string },
      },
    ]);
    expect(Math.abs(posts[0]!.timeMs - Date.parse(posts[0]!.time))).toBeLessThan(1_000);
    expect(JSON.stringify(posts)).not.toMatch(/eyJ|authorization/i);
  });

  it('counts what is refused, and what is no JSON', async () => {
    const { callId } = await create(1, { mediaConfig: null });
    expect(await postsOf(callId)).toMatchObject([{ answered: { status: 400 } }]);
    await fetch(`${sim.url}/v1.0/communications/calls`, { method: 'POST', body: '{"callbackUri": broken' });
    const all = ((await sim.control('GET', 'posts')).body as { posts: PostRecord[] }).posts;
    expect(all.at(-1)).toMatchObject({ callId: null, attempt: null, body: '{"callbackUri": broken', answered: { status: 401 } });
  });

  it('tells of each callback what it was and how it was answered', async () => {
    sim.receiver.answer = 503;
    const { callId } = await create(1);
    const received = await sim.receiver.untilTold(callId, 'terminated');
    const deliveries = await deliveriesOf(callId);
    expect(deliveries.map(({ state }) => state)).toEqual(['establishing', 'established', 'terminating', 'terminated']);
    expect(deliveries.map(({ body }) => body)).toEqual(received.map(({ text }) => text));
    expect(deliveries.slice(0, 3).map(({ answered }) => answered?.status)).toEqual([503, 503, 503]);
  });

  it('says why a callback got no answer, and goes on', async () => {
    const { callId } = await create(1, {
      callbackUri: `https://localhost:1/v1/callbacks/${BOT.clientId}/${tenantId}/lonely/1/mac`,
    });
    expect(callId).toBeDefined();
    let deliveries = await deliveriesOf('lonely');
    while (deliveries.filter(({ error }) => error !== undefined).length < 4) deliveries = await deliveriesOf('lonely');
    expect(deliveries.map(({ state, answered }) => [state, answered])).toEqual([
      ['establishing', null],
      ['established', null],
      ['terminating', null],
      ['terminated', null],
    ]);
  });

  it('writes no token and no secret into its log', async () => {
    await create(1);
    expect(sim.lines.join('')).not.toMatch(/eyJ|secret»|the bot’s secret/);
  });
});

describe('faults of a create', () => {
  it('status: answers as ordered and creates nothing', async () => {
    await fault({
      on: 'create',
      action: 'status',
      status: 429,
      headers: { 'Retry-After': '2' },
      body: { error: { code: 'TooManyRequests', message: 'm' } },
    });
    const { callId, outcome } = await create(1);
    expect(outcome).toMatchObject({ kind: 'throttled', retryAfterMs: 2_000, error: { code: 'TooManyRequests' } });
    expect(await postsOf(callId)).toMatchObject([{ answered: { status: 429 } }]);
    expect((await liveCalls()).filter((call) => call.callId === callId)).toEqual([]);
    idOf((await create(1)).outcome);
  });

  it('hold, once created: callbacks come before the answer does', async () => {
    await fault({ on: 'create', action: 'hold', when: 'created' });
    const { callId, created } = ((callId) => ({ callId, created: create(1, {}, callId) }))(randomUUID());
    await sim.receiver.untilTold(callId, 'established');
    expect(await postsOf(callId)).toMatchObject([{ answered: null }]);
    await sim.control('DELETE', 'faults');
    idOf((await created).outcome);
  });

  it('reset-before-read: the connection is gone before the body was read', async () => {
    await fault({ on: 'create', action: 'reset-before-read' });
    const { callId, outcome } = await create(1);
    expect(outcome.kind).toBe('unknown');
    expect(await postsOf(callId)).toEqual([]);
  });

  it.each(['reset-after-read', 'never-answer'])('%s: the request was read, nothing was created', async (action) => {
    await sim.control('PUT', 'script', { talkMs: null });
    await fault({ on: 'create', action });
    const { callId, outcome } = await create(1);
    expect(outcome.kind).toBe('unknown');
    expect(await postsOf(callId)).toMatchObject([{ callId, answered: null }]);
    expect((await liveCalls()).filter((call) => call.callId === callId)).toEqual([]);
  });

  it.each<[object, CreateCallOutcome['kind'], { status: number } | null]>([
    [{ action: 'create-then-reset' }, 'unknown', null],
    [{ action: 'create-then-500' }, 'unknown', { status: 500 }],
    [{ action: 'never-answer', when: 'created' }, 'unknown', null],
    [{ action: 'status', when: 'created', status: 504 }, 'unknown', { status: 504 }],
    [{ action: 'truncate-201', cut: 'status-line' }, 'created', null],
    [{ action: 'truncate-201', cut: 'headers' }, 'created', null],
    [{ action: 'truncate-201' }, 'created', null],
  ])('%j: the call lives although the answer is spoilt', async (order, kind, answered) => {
    await fault({ on: 'create', ...order });
    const { callId, outcome } = await create(1);
    expect(outcome.kind).toBe(kind);
    expect(await postsOf(callId)).toMatchObject([{ answered }]);
    await sim.receiver.untilTold(callId, 'terminated');
  });

  it.each(['received', 'created', 'answered'])('kill, when %s: the process is gone at that moment', async (when) => {
    const victim = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    const exited = once(victim, 'exit');
    await fault({ on: 'create', action: 'kill', when, pid: victim.pid });
    const { callId, outcome } = await create(1);
    expect(await exited).toEqual([null, 'SIGKILL']);
    expect(outcome.kind).toBe(when === 'received' ? 'unknown' : 'created');
    if (when !== 'received') await sim.receiver.untilTold(callId, 'terminated');
  });

  it('strikes only the call that it is meant for', async () => {
    const [callId, other] = [randomUUID(), randomUUID()];
    await fault({ on: 'create', action: 'status', status: 503, match: { callId } });
    idOf((await create(1, {}, other)).outcome);
    expect((await create(1, {}, callId)).outcome).toMatchObject({ kind: 'unknown' });
  });
});

describe('faults elsewhere', () => {
  it('fail the token endpoint, the keys, keepAlive and the hang-up', async () => {
    await sim.control('PUT', 'script', { talkMs: null });
    const { outcome } = await create(1);
    const [id, { value }] = [idOf(outcome), await sim.tokens.get(owner)];
    for (const on of ['token', 'keepAlive', 'end']) await fault({ on, action: 'status', status: 503 });
    await fault({ on: 'jwks', action: 'reset-after-read', match: { direction: 'callback' } });
    const others = sim.tokensOf(BOT.clientId, { kind: 'secret', clientSecret: BOT.clientSecret });
    await expect(others.get(owner)).rejects.toMatchObject({ code: 'TOKEN_UNAVAILABLE' });
    await expect(fetch(`${sim.url}/callbacks/v1/keys`)).rejects.toThrow();
    expect((await fetch(`${sim.url}/callbacks/v1/keys`)).status).toBe(200);
    expect(await sim.graph.keepAlive(id, value)).toMatchObject({ kind: 'failed', isFinal: false });
    expect(await sim.graph.endCall(id, value)).toMatchObject({ kind: 'failed', isFinal: false });
    expect(await sim.graph.endCall(id, value)).toEqual({ kind: 'ended' });
  });

  it('drop a callback', async () => {
    await fault({ on: 'callback', action: 'drop', match: { state: 'established' } });
    const { callId } = await create(1);
    expect(toldOf(await sim.receiver.untilTold(callId, 'terminated'))).toEqual(['establishing', 'terminating', 'terminated']);
    expect(await deliveriesOf(callId)).toContainEqual(
      expect.objectContaining({ state: 'established', fault: 'drop', answered: null }),
    );
  });

  it('take the body off a callback', async () => {
    await fault({ on: 'callback', action: 'empty', match: { state: 'established' } });
    const { callId } = await create(1);
    const received = await sim.receiver.untilTold(callId, 'terminated');
    expect(received.map(({ text }) => text === '')).toEqual([false, true, false, false]);
    expect(received[1]?.headers).toMatchObject({ 'content-length': '0', 'content-type': 'application/json' });
    expect(await deliveriesOf(callId)).toContainEqual(
      expect.objectContaining({ state: 'established', fault: 'empty', body: '' }),
    );
  });

  it('duplicate a callback, with the same message id', async () => {
    await fault({ on: 'callback', action: 'duplicate', count: 3, match: { state: 'established' } });
    const { callId } = await create(1);
    const doubled = (await sim.receiver.untilTold(callId, 'terminated')).filter(({ told }) => told === 'established');
    expect(doubled).toHaveLength(3);
    expect(new Set(doubled.map(({ text, headers }) => text + String(headers['x-microsoft-skype-message-id']))).size).toBe(1);
  });

  it('delay a callback, and those behind it', async () => {
    await fault({ on: 'callback', action: 'delay', ms: 80, match: { state: 'establishing' } });
    const begunAt = performance.now();
    const { callId } = await create(1);
    expect(toldOf(await sim.receiver.untilTold(callId, 'terminated'))).toEqual([
      'establishing',
      'established',
      'terminating',
      'terminated',
    ]);
    expect(performance.now() - begunAt).toBeGreaterThanOrEqual(80);
  });

  it('reorder two callbacks', async () => {
    await fault({ on: 'callback', action: 'reorder', match: { state: 'establishing' } });
    const { callId } = await create(1);
    expect(toldOf(await sim.receiver.untilTold(callId, 'terminated'))).toEqual([
      'established',
      'establishing',
      'terminating',
      'terminated',
    ]);
  });

  it('are listed with how often they struck', async () => {
    await fault({ on: 'token', action: 'hold', ms: 1, times: 2 });
    await sim.tokens.refresh(owner);
    expect((await sim.control('GET', 'faults')).body).toMatchObject({
      faults: [{ on: 'token', action: 'hold', struck: 1, timesLeft: 1 }],
    });
  });

  it('are refused when they make no sense', async () => {
    const { status, body } = await sim.control('POST', 'faults', { on: 'create', action: 'explode' });
    expect([status, body]).toMatchObject([400, { faults: [expect.stringMatching(/^action/)] }]);
  });
});

describe('the script', () => {
  it('lets people come and go', async () => {
    await sim.control('PUT', 'script', {
      talkMs: 60,
      roster: [
        { afterMs: 10, join: [{ id: 'u-1', displayName: 'Late Comer' }] },
        { afterMs: 20, leave: ['u-1'], crowd: 2_000 },
      ],
    });
    const { callId } = await create(5);
    const rosters = (await sim.receiver.untilTold(callId, 'terminated')).filter(({ told }) => told === 'participants');
    const sizes = rosters.map(
      ({ text }) => (JSON.parse(text) as { value: [{ resourceData: unknown[] }] }).value[0].resourceData.length,
    );
    expect(sizes).toEqual([2, 3, 2_002]);
    expect(rosters.map(({ text }) => text.includes('Late Comer'))).toEqual([false, true, false]);
  });

  it('plays for the calls that it is meant for only', async () => {
    const callId = randomUUID();
    expect((await sim.control('PUT', 'script', { match: { callId }, answer: 'rejected' })).status).toBe(200);
    const { callId: other } = await create(1);
    await create(1, {}, callId);
    expect(toldOf(await sim.receiver.untilTold(callId, 'terminated'))).toEqual(['establishing', 'terminated']);
    expect(await sim.receiver.untilTold(other, 'terminated')).toHaveLength(4);
  });

  it.each([{ answer: 'perhaps' }, { talkMs: -1 }, { colour: 'red' }, { roster: [{}] }, { match: { callid: 'x' } }])(
    'is refused when it makes no sense: %j',
    async (script) => {
      expect(await sim.control('PUT', 'script', script)).toMatchObject({
        status: 400,
        body: { faults: expect.any(Array) as unknown[] },
      });
    },
  );
});

describe('a notification on order', () => {
  const notify = async (order: object, callId: string = randomUUID()) => {
    const callbackUri = sim.receiver.callbackUri(callId, tenantId, BOT.clientId);
    const answer = await sim.control('POST', 'notifications', { callbackUri, ...order });
    const [received] = sim.receiver.of(callId);
    const verified = await sim.callbackTokens.verify(received!.headers.authorization, { audience: BOT.clientId, tenantId }).then(
      () => 'ACCEPTED',
      (error: unknown) => (error as { code: string }).code,
    );
    return { answer, received: received!, verified };
  };

  it('carries the body and a token as Graph would, and brings the answer back', async () => {
    sim.receiver.answer = 418;
    const { answer, received, verified } = await notify({
      body: { value: [] },
      headers: { 'X-Extra': 'yes', 'User-Agent': null },
    });
    expect(answer).toMatchObject({ status: 200, body: { status: 418 } });
    expect(received.text).toBe('{"value":[]}');
    expect(received.headers['x-extra']).toBe('yes');
    expect(received.headers['user-agent']).toBeUndefined();
    expect(verified).toBe('ACCEPTED');
  });

  it('is on record when it was taken', async () => {
    const callId = randomUUID();
    sim.receiver.answer = 202;
    await notify({ raw: '{"ordered":1}' }, callId);
    sim.receiver.answer = 503;
    await notify({ raw: '{"ordered":2}' }, callId);
    expect(await deliveriesOf(callId)).toEqual([
      expect.objectContaining({
        callId,
        state: 'ordered',
        body: '{"ordered":1}',
        answered: expect.objectContaining({ status: 202 }) as object,
      }),
    ]);
  });

  it('is on record with its exact bytes where they are no text', async () => {
    const callId = randomUUID();
    sim.receiver.answer = 202;
    const [noText, none] = [Buffer.from([0x7b, 0xff, 0x7d]).toString('base64'), ''];
    for (const rawBase64 of [noText, none]) await notify({ rawBase64 }, callId);
    const [odd, empty] = await deliveriesOf(callId);
    expect(odd).toMatchObject({ body: '{\ufffd}', bodyBase64: noText });
    expect(empty).toMatchObject({ body: '' });
    expect(empty).not.toHaveProperty('bodyBase64');
  });

  it('carries raw text and raw bytes', async () => {
    expect((await notify({ raw: '{"broken' })).received.text).toBe('{"broken');
    expect((await notify({ rawBase64: Buffer.from('ÿ').toString('base64') })).received.text).toBe('ÿ');
  });

  it.each([
    [{ sign: 'foreign' }, 'TOKEN_INVALID'],
    [{ sign: 'unknown-kid' }, 'TOKEN_INVALID'],
    [{ sign: 'alg-none' }, 'TOKEN_INVALID'],
    [{ sign: 'hs256' }, 'TOKEN_INVALID'],
    [{ sign: 'absent' }, 'TOKEN_MISSING'],
    [{ claims: { aud: 'other' } }, 'TOKEN_INVALID'],
    [{ claims: { exp: null } }, 'TOKEN_INVALID'],
    [{ claims: { extra: 1 } }, 'ACCEPTED'],
  ])('is signed wrongly as asked: %j', async (order, code) => {
    expect((await notify({ body: {}, ...order })).verified).toBe(code);
  });

  it('says when nobody is there', async () => {
    expect(await sim.control('POST', 'notifications', { callbackUri: 'https://localhost:1/x', body: {} })).toMatchObject({
      status: 502,
    });
  });

  it('proves itself with a new key after that was changed', async () => {
    expect((await sim.control('POST', 'keys', { rotate: 'callback' })).status).toBe(204);
    expect((await notify({ body: {} })).verified).toBe('ACCEPTED');
  });
});

describe('under load', () => {
  it('plays hundreds of calls at once, each in order', async () => {
    await sim.tokens.get(owner);
    const callIds = Array.from({ length: 300 }, () => randomUUID());
    const outcomes = await Promise.all(callIds.map((callId) => create(1, {}, callId)));
    expect(outcomes.map(({ outcome }) => outcome).filter(({ kind }) => kind !== 'created')).toEqual([]);
    for (const callId of callIds) {
      expect(toldOf(await sim.receiver.untilTold(callId, 'terminated'))).toEqual([
        'establishing',
        'established',
        'terminating',
        'terminated',
      ]);
    }
  });
});
