import { randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { request, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { HttpLimits } from '@callbus/chassis';
import { decodeSnapshot, partitionOf, requestHash, type FoldedCall, type Snapshot } from '@callbus/contracts';
import { KafkaError } from '@callbus/kafka';
import type { Caller } from './callers/caller-tokens.js';
import { nameOf } from './callers/callers.js';
import type { GatewaySettings } from './gateway-settings.js';
import { GatewayUnderTest } from './testing/gateway-under-test.js';

const fixture = (path: string): Buffer => readFileSync(new URL(`../../../libs/${path}`, import.meta.url));
const SNAPSHOT = decodeSnapshot(fixture('contracts/fixtures/snapshots/snapshot.json'));
const TENANT_ID = SNAPSHOT.call.tenantId;
const OTHER_TENANT_ID = '11111111-2222-4333-8444-555555555555';
const GRAPH_APP_ID = SNAPSHOT.call.appId;
const APP_ID = '2891555a-92ff-42e6-80fa-6e1300c6b5c6';
const ROLES = ['Calls.Create', 'Calls.Read', 'Calls.End'];
const CALLERS: Record<string, Caller> = {
  owner: { appId: APP_ID, tenantId: TENANT_ID, roles: ROLES },
  other: { appId: APP_ID, tenantId: OTHER_TENANT_ID, roles: ROLES },
  both: { appId: '00000000-1111-4222-8333-444444444444', tenantId: OTHER_TENANT_ID, roles: ROLES },
  // Whose own tenant is not among those that are listed for it.
  elsewhere: { appId: '22222222-1111-4222-8333-444444444444', tenantId: OTHER_TENANT_ID, roles: ROLES },
  nowhere: { appId: '44444444-1111-4222-8333-444444444444', tenantId: OTHER_TENANT_ID, roles: ROLES },
  everywhere: { appId: '33333333-1111-4222-8333-444444444444', tenantId: OTHER_TENANT_ID, roles: ROLES },
  creator: { appId: APP_ID, tenantId: TENANT_ID, roles: ['Calls.Create'] },
  reader: { appId: APP_ID, tenantId: TENANT_ID, roles: ['Calls.Read'] },
};
const CALL = {
  ...(JSON.parse(fixture('graph/fixtures/create-call/seed-ex1-request.json').toString()) as Record<string, unknown>),
  tenantId: TENANT_ID,
};
const MEDIA_CALL = {
  ...CALL,
  mediaConfig: {
    '@odata.type': '#microsoft.graph.serviceHostedMediaConfig',
    preFetchMedia: [{ '@odata.type': '#microsoft.graph.mediaInfo', uri: 'https://cdn.contoso.com/beep.wav', resourceId: 'beep' }],
  },
};
const HASH = requestHash({ appId: GRAPH_APP_ID, tenantId: TENANT_ID, call: CALL });

let gateway: GatewayUnderTest;

beforeEach(() => start());

afterEach(async () => {
  await gateway.stop();
});

async function start(changes: Partial<GatewaySettings> = {}): Promise<void> {
  const tenants = {
    [nameOf(CALLERS['both']!)]: [TENANT_ID, OTHER_TENANT_ID],
    [nameOf(CALLERS['elsewhere']!)]: [TENANT_ID],
    [nameOf(CALLERS['nowhere']!)]: [],
    [nameOf(CALLERS['everywhere']!)]: [TENANT_ID, ...Array.from({ length: 10 }, () => randomUUID())],
  };
  gateway = await GatewayUnderTest.start(CALLERS, {
    graphAppId: GRAPH_APP_ID,
    tenants,
    mediaHosts: ['cdn.contoso.com'],
    requestsPerSecond: 1_000,
    maxBodyBytes: 20_000,
    maxWaitSeconds: 30,
    maxEventReaders: 2,
    readTimeoutMs: 5_000,
    ...changes,
  });
}

/** A gateway whose requests wait for a call long enough, and what happens when one of them does. */
async function startPatient(onWait: () => void): Promise<void> {
  await gateway.stop();
  await start({ waitForCallMs: 20_000 });
  gateway.onWait = onWait;
}

/** A call that there is a snapshot of. @returns its id */
function know(changes: Partial<FoldedCall> = {}, more: Partial<Snapshot> = {}): string {
  const callId = more.callId ?? randomUUID();
  gateway.writeSnapshot({ ...SNAPSHOT, ...more, callId }, { graphCallId: randomUUID(), ...changes });
  return callId;
}

const idOf = ({ body }: { body: Record<string, unknown> }): string => String(body['id']);
const errorOf = ({ body }: { body: Record<string, unknown> }): Record<string, unknown> =>
  (body['error'] ?? {}) as Record<string, unknown>;

describe('every answer', () => {
  it('has an id of its own, the caller’s id back, and what keeps a browser from harm', async () => {
    const [first, second] = [
      await gateway.ask('GET', '', { headers: { 'client-request-id': 'mine' } }),
      await gateway.ask('GET', '/none', { token: 'nobody', headers: { 'client-request-id': 'mine' } }),
    ];
    expect([first.status, second.status]).toEqual([200, 401]);
    for (const { headers } of [first, second]) {
      expect(headers.get('client-request-id')).toBe('mine');
      expect(headers.get('request-id')).toMatch(/^[0-9a-f-]{36}$/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('strict-transport-security')).toMatch(/max-age/);
      expect(headers.get('x-powered-by')).toBeNull();
    }
    expect(first.headers.get('request-id')).not.toBe(second.headers.get('request-id'));
    expect(errorOf(second)).toMatchObject({
      code: 'InvalidAuthenticationToken',
      innerError: { 'client-request-id': 'mine', 'request-id': second.headers.get('request-id') },
    });
  });

  it('is the last on its connection once the process drains, whatever is answered', async () => {
    const connections = async (): Promise<unknown[]> => {
      const answers = await Promise.all([gateway.ask('GET', ''), gateway.ask('GET', '', { token: 'nobody' })]);
      return answers.map(({ status, headers }) => [status, headers.get('connection')]);
    };
    expect(await connections()).toEqual([
      [200, 'keep-alive'],
      [401, 'keep-alive'],
    ]);
    gateway.health.drain();
    expect(await connections()).toEqual([
      [200, 'close'],
      [401, 'close'],
    ]);
  });

  it('is refused with 429 and Retry-After to whoever asks too often, and to nobody else', async () => {
    const narrow = await GatewayUnderTest.start(CALLERS, { requestsPerSecond: 3 });
    const answers = await Promise.all(Array.from({ length: 8 }, () => narrow.ask('GET', '')));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused) {
      expect(answer.headers.get('retry-after')).toBe('1');
      expect(errorOf(answer)).toMatchObject({
        code: 'TooManyRequests',
        innerError: { 'request-id': expect.any(String) as string },
      });
    }
    expect((await narrow.ask('GET', '', { token: 'other' })).status).toBe(200);
    await narrow.stop();
  });

  it('is refused with 429 and Retry-After to an address that floods without a proven token, but not to proven callers there', async () => {
    const narrow = await GatewayUnderTest.start(CALLERS, { unprovenRequestsPerSecond: 3 });
    const answers = await Promise.all(Array.from({ length: 8 }, () => narrow.ask('GET', '', { token: 'nobody' })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([401, 401, 401, 429, 429, 429, 429, 429]);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.headers.get('retry-after')).toBe('1');
    expect(errorOf(refused!)).toMatchObject({
      code: 'TooManyRequests',
      message: expect.stringContaining('valid token') as string,
    });
    expect((await narrow.ask('GET', '')).status).toBe(200);
    await narrow.stop();
  });

  it('is not refused to honest callers who need a new proof, however many they are, and though others flood from their address', async () => {
    const narrow = await GatewayUnderTest.start(CALLERS, { unprovenRequestsPerSecond: 1, plausibleTokensPerSecond: 50 });
    narrow.areProven = false;
    const flood = (): Promise<unknown> => Promise.all([1, 2, 3].map(() => narrow.ask('GET', '', { token: 'nobody' })));
    const statuses: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      await flood();
      statuses.push((await narrow.ask('GET', '')).status);
    }
    expect(statuses).toEqual([200, 200, 200, 200, 200]);
    await narrow.stop();
  });

  it.each([
    [{}, 429],
    [{ trustedProxies: ['127.0.0.1'] }, 401],
  ])(
    'believes X-Forwarded-For only of trusted proxies: with %j the flood of another address gives %d',
    async (changes, status) => {
      const narrow = await GatewayUnderTest.start(CALLERS, { unprovenRequestsPerSecond: 1, ...changes });
      const from = (address: string) => ({ token: 'nobody', headers: { 'x-forwarded-for': address } });
      await narrow.ask('GET', '', from('192.0.2.1'));
      expect((await narrow.ask('GET', '', from('192.0.2.1:4711'))).status).toBe(429);
      expect((await narrow.ask('GET', '', from('192.0.2.2'))).status).toBe(status);
      await narrow.stop();
    },
  );

  it('is refused with 429 and Retry-After to a caller whose lists keep the process busy, and to no other caller', async () => {
    const narrow = await GatewayUnderTest.start(CALLERS, { requestsPerSecond: 10_000, readMsPerSecond: 1 });
    let answer = await narrow.ask('GET', '');
    for (let count = 0; count < 10_000 && answer.status === 200; count += 1) answer = await narrow.ask('GET', '');
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(errorOf(answer)).toMatchObject({ code: 'TooManyRequests' });
    expect((await narrow.ask('GET', '', { token: 'other' })).status).toBe(200);
    await narrow.stop();
  });
});

describe('a client', () => {
  it('holds no more of the server than HttpLimits says', async () => {
    await gateway.stop();
    const httpLimits = Object.assign(new HttpLimits(), {
      maxHeaderBytes: 4_096,
      headersTimeoutMs: 100,
      connectionsCheckIntervalMs: 10,
    });
    gateway = await GatewayUnderTest.start(CALLERS, { httpLimits });
    expect((await gateway.fetch('GET', '', { headers: { prefer: 'x'.repeat(5_000) } })).status).toBe(431);
    const slow = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    slow.write('GET / HTTP/1.1\r\n');
    expect(String(await buffer(slow))).toMatch(/^HTTP\/1.1 408 /);
  });
});

describe('a method that a path has not', () => {
  it.each([
    ['PUT', '', 'GET, HEAD, POST'],
    ['DELETE', '', 'GET, HEAD, POST'],
    ['POST', '/none', 'DELETE, GET, HEAD'],
    ['PATCH', '/none/participants', 'GET, HEAD'],
    ['OPTIONS', '/none/events', 'GET, HEAD'],
  ])('is refused with those that it has: %s …/calls%s', async (method, path, allow) => {
    const answer = await gateway.ask(method, path);
    expect([answer.status, answer.headers.get('allow'), errorOf(answer)['code']]).toEqual([405, allow, 'MethodNotAllowed']);
    expect((await gateway.ask(method, path, { token: 'nobody' })).status).toBe(401);
  });

  it('is no method of a path that there is not', async () => {
    expect((await gateway.ask('PUT', '/none/nothing')).status).toBe(404);
  });
});

describe('a path', () => {
  it.each(['/v1.0/communications/calls/', '/V1.0/Communications/Calls'])(
    'may end with a slash and be in any case: %s',
    async (path) => {
      const { href } = new URL(path, gateway.url);
      expect((await gateway.ask('POST', href, { body: CALL })).status).toBe(202);
      expect((await gateway.ask('GET', `${href.replace(/\/$/, '')}/${know()}/Participants/`)).status).toBe(200);
      const answer = await gateway.ask('PUT', href);
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST']);
    },
  );

  it.each(['/v1.0/communication/calls', '/beta/communications/calls', '/v1.0/app/calls', '/communications/calls', '/'])(
    'that is none is answered with those that there are: %s',
    async (path) => {
      const answer = await gateway.ask('POST', new URL(path, gateway.url).href, { body: CALL });
      expect([answer.status, errorOf(answer)['code']]).toEqual([404, 'NotFound']);
      expect(errorOf(answer)['message']).toMatch(
        /Calls are at \/v1\.0\/communications\/calls and .*\/participants and \/events\.$/,
      );
    },
  );
});

describe('Swagger UI', () => {
  it('shows the document to whoever has its address, with files of the gateway’s own', async () => {
    await gateway.stop();
    gateway = await GatewayUnderTest.start(CALLERS, {
      swaggerUi: fileURLToPath(new URL('../../../docs/openapi.yaml', import.meta.url)),
    });
    const page = (path: string): Promise<Response> => fetch(new URL(path, gateway.url));
    const html = await (await page('/swagger-ui/')).text();
    const addresses = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address = '']) => address);
    expect(addresses).toContain('./static/swagger-ui-bundle.js');
    expect(addresses.filter((address) => !address.startsWith('./static/'))).toEqual([]);
    for (const address of addresses) expect([address, (await page(`/swagger-ui/${address}`)).status]).toEqual([address, 200]);
    const document = (await (await page('/swagger-ui/json')).json()) as { paths: object };
    expect(Object.keys(document.paths)).toContain('/v1.0/communications/calls');
    expect((await gateway.ask('GET', '', { token: 'nobody' })).status).toBe(401);
  });

  it('is not there unless it is asked for', async () => {
    for (const path of ['/swagger-ui', '/swagger-ui/', '/swagger-ui/json', '/swagger-ui/static/index.html']) {
      const { href } = new URL(path, gateway.url);
      expect([path, (await gateway.ask('GET', href)).status]).toEqual([path, 404]);
    }
  });
});

describe('a body', () => {
  it.each<[string, NonNullable<RequestInit['body']>, Record<string, string>, number]>([
    ['that is packed', gzipSync('{}'), { 'content-encoding': 'gzip' }, 415],
    ['that is text', '{}', { 'content-type': 'text/plain' }, 415],
    ['that is too large', JSON.stringify({ subject: 'x'.repeat(20_001) }), {}, 413],
    ['that would become a prototype', '{"__proto__":{"admin":true}}', {}, 400],
    ['with half a character', '{"subject":"\\ud800"}', {}, 400],
    ['that is no UTF-8', new Uint8Array([0x22, 0xff, 0x22]), {}, 400],
    ['without a limit that is too deep', `{"a":${'['.repeat(9_000)}${']'.repeat(9_000)}}`, {}, 400],
  ])('%s is refused', async (_what, body, headers, status) => {
    const answer = await gateway.ask('POST', '', { body, headers });
    expect([answer.status, typeof errorOf(answer)['code']]).toEqual([status, 'string']);
    expect(gateway.commands).toEqual([]);
  });

  it.each(['Application/JSON', 'application/json; charset=UTF-8', 'application/json;odata.metadata=minimal'])(
    'of type %s is taken, with a byte order mark too',
    async (type) => {
      const answer = await gateway.ask('POST', '', { body: `\ufeff${JSON.stringify(CALL)}`, headers: { 'content-type': type } });
      expect(answer.status).toBe(202);
    },
  );

  it('with two Authorization headers is nobody’s', async () => {
    const { host, port, pathname } = new URL(gateway.url);
    const socket = connect(Number(port), '127.0.0.1');
    const authorization = 'Authorization: Bearer owner\r\n';
    socket.end(`GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\n${authorization}${authorization}Connection: close\r\n\r\n`);
    expect(String(await buffer(socket))).toMatch(/^HTTP\/1.1 401 /);
  });
});

describe('a caller’s rights', () => {
  it('are asked for at every door', async () => {
    const callId = know();
    const doors = [
      ['POST', '', 'reader'],
      ['GET', '', 'creator'],
      ['GET', `/${callId}`, 'creator'],
      ['GET', `/${callId}/participants`, 'creator'],
      ['GET', `/${callId}/events`, 'creator'],
      ['DELETE', `/${callId}`, 'reader'],
    ] as const;
    for (const [method, path, token] of doors) {
      const body = method === 'POST' ? { body: CALL } : {};
      expect([method, path, (await gateway.ask(method, path, { token, ...body })).status]).toEqual([method, path, 403]);
    }
    expect(gateway.commands).toEqual([]);
  });

  it('end at other tenants, whose calls do not exist for it, by whichever id', async () => {
    const graphCallId = randomUUID();
    const callId = know({ graphCallId });
    for (const id of [callId, graphCallId]) {
      for (const path of ['', '/participants', '/events']) {
        expect((await gateway.ask('GET', `/${id}${path}`, { token: 'other' })).status).toBe(404);
      }
      expect((await gateway.ask('DELETE', `/${id}`, { token: 'other' })).status).toBe(404);
    }
    expect((await gateway.ask('GET', '', { token: 'other' })).body['value']).toEqual([]);
    expect((await gateway.ask('POST', '', { token: 'other', body: CALL })).status).toBe(403);
    expect(gateway.commands).toEqual([]);
  });

  it('end there without a sign that the call exists: neither what is answered nor when tells it from none', async () => {
    await gateway.stop();
    await start({ waitForCallMs: 100 });
    const graphCallId = randomUUID();
    for (const id of [know({ graphCallId }), graphCallId, randomUUID()]) {
      const asked = performance.now();
      const answer = await gateway.ask('GET', `/${id}`, { token: 'other' });
      expect([answer.status, answer.headers.get('retry-after'), errorOf(answer)['message']]).toEqual([
        404,
        '1',
        'There is no such call.',
      ]);
      expect(performance.now() - asked).toBeGreaterThan(90);
    }
  });

  it('reach to every tenant that is listed for it', async () => {
    const ids = [know(), know({ tenantId: OTHER_TENANT_ID })];
    const list = await gateway.ask('GET', '', { token: 'both' });
    expect((list.body['value'] as { id: string }[]).map(({ id }) => id)).toEqual(ids.toSorted());
  });

  it('do not reach to media on hosts that are not listed', async () => {
    expect((await gateway.ask('POST', '', { body: MEDIA_CALL })).status).toBe(202);
    const preFetchMedia = [{ ...MEDIA_CALL.mediaConfig.preFetchMedia[0], uri: 'https://169.254.169.254/latest' }];
    const answer = await gateway.ask('POST', '', {
      body: { ...MEDIA_CALL, mediaConfig: { ...MEDIA_CALL.mediaConfig, preFetchMedia } },
    });
    expect(answer.status).toBe(400);
    expect(errorOf(answer)['details']).toMatchObject([{ target: 'mediaConfig.preFetchMedia[0].uri' }]);
    expect(gateway.commands).toHaveLength(1);
  });
});

describe('a create', () => {
  it('is answered with our id, its address, and a warning when its callbackUri is not used', async () => {
    const answer = await gateway.ask('POST', '', { body: CALL });
    const callId = idOf(answer);
    expect(answer).toMatchObject({ status: 202, body: { id: callId, state: null } });
    expect(answer.headers.get('location')).toBe(`/v1.0/communications/calls/${callId}`);
    expect(answer.headers.get('warning')).toMatch(/^299 - ".*calls\.events"$/);
    expect(answer.headers.get('preference-applied')).toBeNull();
    expect(gateway.commands).toMatchObject([{ type: 'CreateCall', id: callId, data: { callId, tenantId: TENANT_ID } }]);
    const without = await gateway.ask('POST', '', { body: { ...CALL, callbackUri: undefined } });
    expect(without.headers.get('warning')).toBeNull();
  });

  it('is addressed as callers know the gateway', async () => {
    const behindProxy = await GatewayUnderTest.start(CALLERS, {
      publicUrl: 'https://calls.contoso.com/',
      graphAppId: GRAPH_APP_ID,
    });
    const answer = await behindProxy.ask('POST', '', { body: CALL, headers: { 'x-forwarded-host': 'evil.example' } });
    expect(answer.headers.get('location')).toBe(`https://calls.contoso.com/v1.0/communications/calls/${idOf(answer)}`);
    await behindProxy.stop();
  });

  it.each([{ host: 'evil.example' }, { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' }])(
    'tells no address that its sender chose by %j, also behind a trusted proxy',
    async (headers) => {
      const behindProxy = await GatewayUnderTest.start(CALLERS, { graphAppId: GRAPH_APP_ID, trustedProxies: ['127.0.0.1'] });
      const url = new URL(behindProxy.url);
      const body = JSON.stringify(CALL);
      const told = { authorization: 'Bearer owner', 'content-type': 'application/json', ...headers };
      const sent = request(url, { method: 'POST', headers: told }).end(body);
      const [answer] = (await once(sent, 'response')) as [IncomingMessage];
      answer.resume();
      expect(answer.headers.location).toMatch(/^\/v1\.0\/communications\/calls\/[-0-9a-f]{36}$/);
      await behindProxy.stop();
    },
  );

  it.each([
    ['Idempotency-Key', { 'idempotency-key': 'a' }, { 'idempotency-key': 'a', 'client-request-id': 'x' }],
    ['client-request-id, as an SDK repeats it', { 'client-request-id': 'a' }, { 'client-request-id': 'a', 'retry-attempt': '1' }],
  ])('with the same %s is one call, with another a call of its own', async (_what, first, again) => {
    const ids = [];
    for (const headers of [first, again] as Record<string, string>[])
      ids.push(idOf(await gateway.ask('POST', '', { body: CALL, headers })));
    expect(ids[0]).toBe(ids[1]);
    const others = [
      await gateway.ask('POST', '', { body: CALL }),
      await gateway.ask('POST', '', { body: CALL, headers: { 'idempotency-key': 'b' } }),
      await gateway.ask('POST', '', { body: { ...CALL, tenantId: OTHER_TENANT_ID }, headers: first, token: 'other' }),
      await gateway.ask('POST', '', { body: CALL, headers: first, token: 'both' }),
    ];
    expect(new Set([...ids, ...others.map(idOf)]).size).toBe(5);
  });

  it('that is known is not sent again, and with another body it is refused', async () => {
    const headers = { 'idempotency-key': 'a' };
    const first = await gateway.ask('POST', '', { body: CALL, headers });
    know({ requestHash: HASH }, { callId: idOf(first) });
    const again = await gateway.ask('POST', '', { body: CALL, headers });
    expect([again.status, again.body]).toEqual([first.status, first.body]);
    expect((await gateway.ask('POST', '', { body: { ...CALL, subject: 'other' }, headers })).status).toBe(409);
    expect(gateway.commands).toHaveLength(1);
  });

  it('that was accepted is not refused, also by a release that would refuse it today', async () => {
    const headers = { 'idempotency-key': 'a' };
    const callId = idOf(await gateway.ask('POST', '', { body: CALL, headers }));
    const body = { ...CALL, targets: [] };
    know({ requestHash: requestHash({ appId: GRAPH_APP_ID, tenantId: TENANT_ID, call: body }) }, { callId });
    expect((await gateway.ask('POST', '', { body, headers })).status).toBe(202);
    expect((await gateway.ask('POST', '', { body, headers: { 'idempotency-key': 'b' } })).status).toBe(400);
    expect(gateway.commands).toHaveLength(1);
  });

  it('says 503, when to come back, and where the call is if it was taken all the same, while Kafka confirms nothing', async () => {
    let callId = '';
    gateway.onCommand = ({ id }) => {
      callId = id;
      return Promise.reject(new KafkaError('QUEUE_FULL', 'The queue is full.'));
    };
    const answer = await gateway.ask('POST', '', { body: CALL });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
    expect(answer.headers.get('location')).toBe(`/v1.0/communications/calls/${callId}`);
    expect(errorOf(answer)['message']).toContain('Location');
  });
});

describe('a create that prefers to wait', () => {
  const headers = { prefer: 'wait=20', 'idempotency-key': 'a' };
  /** Creates a call of which, once its command is sent, these snapshots come. */
  async function createAndSee(...snapshots: Partial<FoldedCall>[]) {
    gateway.onCommand = ({ id }) => {
      setImmediate(() => {
        for (const changes of snapshots) know({ requestHash: HASH, ...changes }, { callId: id });
      });
      return Promise.resolve();
    };
    return gateway.ask('POST', '', { body: CALL, headers });
  }

  it('is answered with what Graph answered, also when a callback has proven the call before', async () => {
    await gateway.stop();
    await start({ waitForAnswerMs: 60_000 });
    const answer = { '@odata.context': 'https://graph/$metadata#app/calls/$entity', myParticipantId: 'p', state: 'establishing' };
    const created = { phase: 'created', state: 'establishing', graphCallId: 'g' } as const;
    gateway.onCommand = ({ id: callId }) => {
      setImmediate(() => {
        know({ requestHash: HASH, ...created, call: null }, { callId });
        gateway.onWait = () => know({ requestHash: HASH, ...created, call: answer }, { callId });
      });
      return Promise.resolve();
    };
    expect(await gateway.ask('POST', '', { body: CALL, headers })).toMatchObject({ status: 201, body: answer });
  });

  it('is answered with 201 and the call when Graph has made it', async () => {
    const answer = await createAndSee(
      { phase: 'accepted', state: null },
      { phase: 'created', state: 'establishing', graphCallId: 'g' },
    );
    expect(answer).toMatchObject({ status: 201, body: { state: 'establishing', graphCallId: 'g' } });
    expect(answer.headers.get('location')).toBe(`/v1.0/communications/calls/${idOf(answer)}`);
    expect(answer.headers.get('preference-applied')).toBe('wait=20');
    const again = await gateway.ask('POST', '', { body: CALL, headers });
    expect([again.status, again.body]).toEqual([201, answer.body]);
    expect(gateway.commands).toHaveLength(1);
  });

  it('is answered with Graph’s error when Graph refused it', async () => {
    const error = { httpStatus: 403, code: '7505', message: 'Request authorization tenant mismatch.' };
    const answer = await createAndSee({ phase: 'failed', failure: { reason: 'rejected', error } });
    expect(answer.status).toBe(403);
    expect(errorOf(answer)).toMatchObject({ code: '7505', message: error.message });
  });

  it('is answered with 202 when time is up, whatever is known by then', async () => {
    for (const prefer of ['wait=0', 'wait=1']) {
      const answer = await gateway.ask('POST', '', { body: CALL, headers: { prefer } });
      expect([answer.status, answer.headers.get('preference-applied')]).toEqual([202, prefer]);
    }
    headers.prefer = 'wait=1';
    const unknown = await createAndSee({ phase: 'unknown', unknownAttempt: 1 });
    expect(unknown).toMatchObject({ status: 202, body: { state: null } });
  });

  it('waits no longer than the gateway lets anybody', async () => {
    const impatient = await GatewayUnderTest.start(CALLERS, { graphAppId: GRAPH_APP_ID, maxWaitSeconds: 1 });
    const answer = await impatient.ask('POST', '', { body: CALL, headers: { prefer: 'wait=3000' } });
    expect([answer.status, answer.headers.get('preference-applied')]).toEqual([202, 'wait=1']);
    await impatient.stop();
  });

  it('is refused when another request turns out to have been first with its key', async () => {
    expect((await createAndSee({ phase: 'created', requestHash: `1:${'0'.repeat(64)}` })).status).toBe(409);
  });
});

describe('a call', () => {
  it('is read by our id and by Graph’s, however that is written', async () => {
    const graphCallId = randomUUID();
    const callId = know({ graphCallId, state: 'established' });
    for (const id of [
      callId,
      callId.toUpperCase(),
      callId.replaceAll('-', ''),
      `%7B${callId}%7D`,
      graphCallId,
      graphCallId.replaceAll('-', '').toUpperCase(),
    ]) {
      const answer = await gateway.ask('GET', `/${id}`);
      expect(answer).toMatchObject({
        status: 200,
        body: { id: callId, graphCallId, state: 'established', participants: [{ id: 'p1' }] },
      });
    }
  });

  it('shows who takes part', async () => {
    const all = await gateway.ask('GET', `/${know()}/participants`);
    expect(all).toMatchObject({ status: 200, body: { value: SNAPSHOT.call.participants } });
    const some = await gateway.ask('GET', `/${know({ participantsTruncated: 7 })}/participants`);
    expect(some.body['@callbus.truncated']).toBe(7);
  });

  it('is ended by either id, and before it is known', async () => {
    const graphCallId = randomUUID();
    const [callId, unknownId] = [know({ graphCallId }), randomUUID()];
    for (const id of [callId, graphCallId, unknownId.replaceAll('-', '')])
      expect((await gateway.ask('DELETE', `/${id}`)).status).toBe(202);
    expect(gateway.commands.map(({ type, data }) => [type, data])).toEqual(
      [callId, callId, unknownId].map((id) => ['EndCall', { callId: id, tenantId: TENANT_ID }]),
    );
  });

  const ends = (): unknown[] => gateway.commands.filter(({ type }) => type === 'EndCall').map(({ data }) => data);

  it('that was accepted and is not known yet is ended in each tenant that its caller may act in, and in no other', async () => {
    for (const [token, tenants] of [
      ['elsewhere', [TENANT_ID]],
      ['both', [TENANT_ID, OTHER_TENANT_ID]],
    ] as const) {
      const callId = idOf(await gateway.ask('POST', '', { token, body: CALL }));
      expect((await gateway.ask('DELETE', `/${callId}`, { token })).status).toBe(202);
      expect(ends().splice(-tenants.length)).toEqual(tenants.map((tenantId) => ({ callId, tenantId })));
    }
    expect(ends()).toHaveLength(3);
  });

  it('that is not known yet is not looked for in more tenants than a few, or in none: 404 says when to come back', async () => {
    const id = randomUUID();
    for (const token of ['everywhere', 'nowhere']) {
      const answer = await gateway.ask('DELETE', `/${id}`, { token });
      expect([answer.status, answer.headers.get('retry-after'), ends()]).toEqual([404, '1', []]);
    }
    know({}, { callId: id });
    expect((await gateway.ask('DELETE', `/${id}`, { token: 'everywhere' })).status).toBe(202);
    expect(ends()).toEqual([{ callId: id, tenantId: TENANT_ID }]);
  });

  it('is refused with 429 and Retry-After when its caller has ended too many unknown calls in this minute', async () => {
    await gateway.stop();
    await start({ unknownEndsPerMinute: 2 });
    const statuses = async (count: number, id: () => string, token?: string): Promise<number[]> => {
      const answers: number[] = [];
      for (let asked = 0; asked < count; asked += 1)
        answers.push((await gateway.ask('DELETE', `/${id()}`, token === undefined ? {} : { token })).status);
      return answers;
    };
    expect(await statuses(3, randomUUID)).toEqual([202, 202, 429]);
    const refused = await gateway.ask('DELETE', `/${randomUUID()}`);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(errorOf(refused)['code']).toBe('TooManyRequests');
    // The limit does not apply to known calls, to other callers, or to calls that the caller may not end.
    const [own, others] = [know(), know({ tenantId: OTHER_TENANT_ID })];
    expect(await statuses(4, () => own)).toEqual([202, 202, 202, 202]);
    expect(await statuses(1, () => others)).toEqual([404]);
    expect(await statuses(1, randomUUID, 'both')).toEqual([202]);
  });

  it('is waited for before it is ended', async () => {
    const callId = randomUUID();
    await startPatient(() => know({}, { callId }));
    expect((await gateway.ask('DELETE', `/${callId}`, { token: 'both' })).status).toBe(202);
    expect(ends()).toEqual([{ callId, tenantId: TENANT_ID }]);
  });

  it.each(['not-an-id', 'a'.repeat(64), '..%2f..%2fusers', '%00', '%0d%0a', '%e2%80%ae'])(
    'that is called %s is none',
    async (id) => {
      for (const method of ['GET', 'DELETE']) {
        const answer = await gateway.ask(method, `/${id}`);
        expect([answer.status, answer.headers.get('retry-after')]).toEqual([404, null]);
      }
      expect(gateway.commands).toEqual([]);
    },
  );
});

describe('calls that wait for their dial', () => {
  const bytes = 2 * (JSON.stringify(CALL).length + 1_024);
  const create = (tenantId = TENANT_ID) => gateway.ask('POST', '', { token: 'both', body: { ...CALL, tenantId } });

  beforeEach(async () => {
    await gateway.stop();
    await start({ waitingMaxBytes: bytes });
  });

  it('are refused with 429 and Retry-After when their tenant has no room; other tenants go on', async () => {
    expect([(await create()).status, (await create()).status]).toEqual([202, 202]);
    const refused = await create();
    expect([refused.status, refused.headers.get('retry-after'), errorOf(refused)['code']]).toEqual([
      429,
      '10',
      'TooManyRequests',
    ]);
    expect(gateway.commands).toHaveLength(2);
    expect((await create(OTHER_TENANT_ID)).status).toBe(202);
  });

  it.each(['created', 'failed'] as const)('make room when they are %s', async (phase) => {
    const [first] = [idOf(await create()), await create()];
    const failure = phase === 'failed' ? { reason: 'expired' as const, error: null } : null;
    know({ phase, failure }, { callId: first });
    expect([(await create()).status, (await create()).status]).toEqual([202, 429]);
  });

  it('are not counted when Kafka did not take them', async () => {
    gateway.onCommand = () => Promise.reject(new KafkaError('SEND_FAILED', 'no'));
    for (let sent = 0; sent < 3; sent += 1) expect((await create()).status).toBe(503);
    gateway.onCommand = () => Promise.resolve();
    expect((await create()).status).toBe(202);
  });
});

describe('the list of calls', () => {
  it('comes in pages whose links lead through all of it once', async () => {
    const ids = Array.from({ length: 5 }, () => know());
    know({ tenantId: OTHER_TENANT_ID });
    const found: string[] = [];
    const sizes: number[] = [];
    let link: unknown = '?$top=2';
    while (typeof link === 'string') {
      const { status, body } = await gateway.ask('GET', link);
      expect(status).toBe(200);
      const page = body['value'] as { id: string }[];
      sizes.push(page.length);
      found.push(...page.map(({ id }) => id));
      link = body['@odata.nextLink'];
    }
    expect(sizes).toEqual([2, 2, 1]);
    expect(found).toEqual(ids.toSorted());
  });

  it('is filtered by state, on every page', async () => {
    const established = [know(), know(), know()].toSorted();
    know({ state: 'terminated', phase: 'ended' });
    const failed = know({ state: null, phase: 'failed' });
    const waiting = know({ state: null, phase: 'accepted' });
    const idsFor = async (filter: string): Promise<string[]> => {
      const query = `?$top=2&$filter=${encodeURIComponent(filter)}`;
      const first = (await gateway.ask('GET', query)).body;
      const link = first['@odata.nextLink'];
      const second = typeof link === 'string' ? (await gateway.ask('GET', link)).body : { value: [] };
      return [first, second].flatMap(({ value }) => (value as { id: string }[]).map(({ id }) => id));
    };
    expect(await idsFor("state eq 'established'")).toEqual(established);
    expect(await idsFor('state eq null')).toEqual([waiting]);
    expect(await idsFor("state eq 'terminated' or state eq null")).toHaveLength(3);
    expect(await idsFor("state eq 'Terminated'")).toContain(failed);
  });

  it('refuses a question that it does not understand', async () => {
    const answer = await gateway.ask('GET', '?$orderby=state');
    expect([answer.status, errorOf(answer)['message']]).toEqual([400, expect.stringContaining('$orderby')]);
  });
});

describe('a call’s history', () => {
  const sequencesOf = (body: Record<string, unknown>): string[] =>
    (body['value'] as { sequence: string }[]).map(({ sequence }) => sequence);
  const written = (callId: string, ...sequences: number[]): void => {
    for (const sequence of sequences) gateway.writeEvent(callId, sequence);
  };

  it('is read up to what is known, each event once, whatever else is in the partition', async () => {
    const callId = know({}, { sequence: 3 });
    written(callId, 1, 2);
    written(randomUUID(), 1);
    // Written a second time by a process that had lost its partition.
    written(callId, 1, 2, 3, 3);
    const { status, body } = await gateway.ask('GET', `/${callId}/events`);
    expect([status, sequencesOf(body)]).toEqual([200, ['0000000001', '0000000002', '0000000003']]);
    expect(body).not.toHaveProperty('@odata.nextLink');
    expect(gateway.following).toBe(0);
  });

  it('is looked for in its partition, from a day before the call had to be dialled on, with time for clocks that differ', async () => {
    const ids = [know({ notAfter: '2026-11-24T12:00:00.000Z' }), know({ notAfter: null })];
    for (const callId of ids) await gateway.ask('GET', `/${callId}/events`);
    expect(gateway.followed.map(({ fromMs }) => fromMs)).toEqual([Date.parse('2026-11-23T11:00:00.000Z'), undefined]);
    expect(gateway.followed.map(({ partitions }) => partitions)).toEqual(ids.map((callId) => [partitionOf(callId, 12)]));
  });

  it('comes in pages', async () => {
    const callId = know({}, { sequence: 5 });
    written(callId, 1, 2, 3, 4, 5);
    const pages: string[][] = [];
    let link: unknown = `/${callId}/events?$top=2`;
    while (typeof link === 'string') {
      const { body } = await gateway.ask('GET', link);
      pages.push(sequencesOf(body));
      link = body['@odata.nextLink'];
    }
    expect(pages.map((page) => page.length)).toEqual([2, 2, 1]);
    expect(gateway.following).toBe(0);
  });

  it('comes in pages of a few MiB when its events are huge', async () => {
    const callId = know({}, { sequence: 3 });
    for (const sequence of [1, 2, 3]) gateway.writeEvent(callId, sequence, { text: 'x'.repeat(5 * 1024 * 1024) });
    const { body } = await gateway.ask('GET', `/${callId}/events`);
    expect(sequencesOf(body)).toHaveLength(2);
    expect(body['@odata.nextLink']).toContain('skiptoken=2');
  });

  it.each(['$skiptoken=x', '$skiptoken=-1', '$top=0'])('with %s is refused', async (query) => {
    expect((await gateway.ask('GET', `/${know()}/events?${query}`)).status).toBe(400);
  });

  it('is not had while too many are read, and 503 says when to come back', async () => {
    const callId = know();
    const streams = [await openStream(callId), await openStream(callId)];
    const answer = await gateway.ask('GET', `/${callId}/events`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
    for (const stream of streams) await stream.close();
    await eventually(() => gateway.following === 0);
    expect((await gateway.ask('GET', `/${callId}/events`)).status).toBe(200);
  });

  it('is not had by a caller that reads many already, and by others it is: 429 says when to come back', async () => {
    await gateway.stop();
    await start({ maxEventReadersPerCaller: 1 });
    const callId = know();
    written(callId, 1);
    const stream = await openStream(callId);
    const answer = await gateway.ask('GET', `/${callId}/events`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '2']);
    expect((await gateway.ask('GET', `/${callId}/events`, { token: 'both' })).status).toBe(200);
    await stream.close();
    await eventually(() => gateway.following === 0);
  });

  it('takes its place from the caller with the most live histories when all are taken', async () => {
    await gateway.stop();
    await start({ maxEventReaders: 4, maxEventReadersPerCaller: 2 });
    const callId = know();
    const streams = [];
    for (const token of ['owner', 'both', 'owner', 'both']) streams.push(await openStream(callId, {}, token));
    const third = await openStream(callId, {}, 'elsewhere');
    await streams[0]?.until(': ');
    expect(await streams[0]?.ended()).toBe(true);
    await eventually(() => gateway.following === 4);
    // Owner has one now, both two, and elsewhere one.
    const answer = await gateway.ask('GET', `/${callId}/events`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
    for (const stream of [...streams.slice(1), third]) await stream.close();
    await eventually(() => gateway.following === 0);
  });

  it('is not had while Kafka does not give it, and 503 says when to come back', async () => {
    gateway.whyNoReader = new KafkaError('FOLLOWER_LATE', 'Kafka did not answer.');
    const answer = await gateway.ask('GET', `/${know()}/events`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
  });

  async function openStream(callId: string, headers: Record<string, string> = {}, token = 'owner') {
    const abort = new AbortController();
    const response = await gateway.fetch('GET', `/${callId}/events`, {
      headers: { accept: 'text/event-stream', ...headers },
      token,
      signal: abort.signal,
    });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    return {
      until: async (part: string): Promise<string> => {
        while (!text.includes(part)) {
          const chunk = await reader?.read();
          if (chunk?.done !== false) throw new Error(`the stream ended without ${part}: ${text}`);
          text += chunk.value;
        }
        return text;
      },
      ended: async (): Promise<boolean> => (await reader?.read())?.done ?? true,
      close: async () => {
        await reader?.cancel();
        abort.abort();
      },
    };
  }

  async function eventually(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  it('is told live: first what there is, then what comes', async () => {
    const callId = know();
    written(callId, 1);
    const stream = await openStream(callId);
    const first = await stream.until('id: 0000000001\n');
    expect(first).toMatch(/^: /);
    written(callId, 1, 2);
    const both = await stream.until('id: 0000000002\n');
    expect(both.match(/^id: /gm)).toHaveLength(2);
    const [, json = ''] = /^event: CallStateChanged\ndata: (.*)\n\n/m.exec(both) ?? [];
    expect(JSON.parse(json)).toMatchObject({ type: 'CallStateChanged', sequence: '0000000001' });
    await stream.close();
    await eventually(() => gateway.following === 0);
  });

  it('is not begun for a reader that hung up while the call was waited for', async () => {
    const [callId, abort] = [randomUUID(), new AbortController()];
    await startPatient(() => {
      abort.abort();
    });
    const gone = Promise.withResolvers<undefined>();
    const onRequest = (message: unknown): void => {
      (message as { response: ServerResponse }).response.once('close', gone.resolve);
    };
    subscribe('http.server.request.start', onRequest);
    const headers = { accept: 'text/event-stream' };
    await expect(gateway.fetch('GET', `/${callId}/events`, { headers, signal: abort.signal })).rejects.toThrow(/abort/);
    await gone.promise;
    unsubscribe('http.server.request.start', onRequest);
    know({}, { callId });
    await new Promise((resolve) => setImmediate(resolve));
    expect([gateway.followed, gateway.following]).toEqual([[], 0]);
  });

  it('goes on after the Last-Event-ID', async () => {
    const callId = know();
    written(callId, 1, 2, 3);
    const stream = await openStream(callId, { 'last-event-id': '0000000002' });
    expect(await stream.until('id: 0000000003\n')).not.toContain('id: 0000000002');
    await stream.close();
    const refused = await gateway.ask('GET', `/${callId}/events`, {
      headers: { accept: 'text/event-stream', 'last-event-id': 'x' },
    });
    expect(refused.status).toBe(400);
  });

  it('ends its stream when Kafka fails it: the reader comes back', async () => {
    const stream = await openStream(know());
    await stream.until(': ');
    gateway.failReaders(new Error('gone'));
    await expect(stream.ended()).rejects.toThrow();
    await eventually(() => gateway.following === 0);
  });
});

describe('a gateway that is told to stop', () => {
  it('lets nobody wait on: creates are answered, live histories end', async () => {
    const callId = know();
    const live = await gateway.fetch('GET', `/${callId}/events`, { headers: { accept: 'text/event-stream' } });
    const sent = Promise.withResolvers<undefined>();
    gateway.onCommand = () => {
      sent.resolve(undefined);
      return Promise.resolve();
    };
    const waiting = gateway.ask('POST', '', { body: CALL, headers: { prefer: 'wait=30' } });
    await sent.promise;
    await new Promise((resolve) => setImmediate(resolve));
    await gateway.stop();
    expect((await waiting).status).toBe(202);
    expect(await live.text()).toMatch(/^: /);
    expect(gateway.following).toBe(0);
  });
});
