import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { HttpLimits } from '@callbus/chassis';
import { GatewayUnderTest } from './testing/gateway-under-test.js';
import { CALL, CALLERS, eachTestHasGateway, errorOf, gateway, know, start } from './testing/known-callers.js';

eachTestHasGateway();

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
    await start({ httpLimits });
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
    await start({
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
