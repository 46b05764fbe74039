import { once } from 'node:events';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { GraphClient, type GraphClientOptions } from './graph-client.js';
import { fixtureText } from '../testing/fixtures.js';
import { trustedLocalCertificate, type LocalCertificate } from '../testing/local-tls.js';

/** What a peer does with one connection; `read` is what it has read so far, called again with every chunk. `reset` cuts it with an RST. */
type Peer = (socket: TLSSocket, read: string, reset: () => unknown) => unknown;

const request = {
  token: 'secret-token',
  body: { subject: 'a call' },
  callId: '6f0cb6ab-b7c4-4c6f-9a4b-6a7c5cfa6c2a',
  clientRequestId: '0d7664b6-6432-43ed-8d27-d9e7adec188c',
};
const graphCallId = '2e1a0b00-2db4-4022-9570-243709c565ab';

let certificate: LocalCertificate;
let server: Server;
let received: { connections: number; text: string };
const sockets = new Set<Socket>();
const cleanups: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  certificate = await trustedLocalCertificate();
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await Promise.all(cleanups.splice(0).map((clean) => clean()));
});

async function listening(peer: TcpServer): Promise<number> {
  await once(peer.listen(0, '127.0.0.1'), 'listening');
  cleanups.push(async () => peer.listening && once(peer.close(), 'close'));
  return (peer.address() as AddressInfo).port;
}

function clientOf(port: number, options: Partial<GraphClientOptions> = {}, host = 'localhost'): GraphClient {
  const client = new GraphClient({ baseUrl: `https://${host}:${port}`, ...options });
  cleanups.push(() => client.close());
  return client;
}

async function graph(peer: Peer, options: Partial<GraphClientOptions> = {}): Promise<GraphClient> {
  const mine = (received = { connections: 0, text: '' });
  const raws = new Map<number | undefined, Socket>();
  server = createServer(certificate, (socket) => {
    const reset = () => raws.get(socket.remotePort)?.resetAndDestroy();
    let read = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      read += chunk.toString();
      mine.text += chunk.toString();
      peer(socket, read, reset);
    });
    peer(socket, read, reset);
  });
  server.on('connection', (raw: Socket) => {
    mine.connections += 1;
    sockets.add(raw);
    raws.set(raw.remotePort, raw);
  });
  return clientOf(await listening(server), options);
}

const isWhole = (read: string) => read.endsWith(JSON.stringify(request.body));
const answers =
  (response: string): Peer =>
  (socket, read) => {
    if (isWhole(read)) socket.end(response);
  };
const response = (status: string, body: string, headers = '') =>
  `HTTP/1.1 ${status}\r\n${headers}content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const location = `location: https://graph.microsoft.com/v1.0/communications/calls/${graphCallId}\r\n`;

describe('createCall', () => {
  it('posts once, with the headers that tie the answer and the callbacks to the call', async () => {
    const graphClient = await graph(
      answers(response('201 Created', fixtureText('create-call/seed-ex1-response'), 'request-id: r-1\r\n')),
    );
    expect(await graphClient.createCall(request)).toMatchObject({ kind: 'created', graphCallId, requestId: 'r-1' });
    const [head, body] = received.text.split('\r\n\r\n');
    expect(head).toMatch(/^POST \/v1\.0\/communications\/calls HTTP\/1\.1\r\n/);
    expect(head!.toLowerCase().split('\r\n')).toEqual(
      expect.arrayContaining([
        'authorization: bearer secret-token',
        'content-type: application/json',
        `scenario-id: ${request.callId}`,
        `client-request-id: ${request.clientRequestId}`,
        'connection: close',
      ]),
    );
    expect(JSON.parse(body!)).toEqual(request.body);
  });

  it('is rejected when a 403 is cut after its status line', async () => {
    const graphClient = await graph(answers('HTTP/1.1 403 Forbidden\r\nx-y'));
    expect(await graphClient.createCall(request)).toMatchObject({ kind: 'rejected', error: { httpStatus: 403 } });
  });

  it('names the roles of this kind of call when Graph says that one is missing', async () => {
    const refusal = fixtureText('create-call/error-403-7504-insufficient-permissions');
    const graphClient = await graph(answers(response('403 Forbidden', refusal)));
    const advice = expect.stringContaining('This call (peer, service-hosted media) needs Calls.Initiate.All, in') as string;
    expect(await graphClient.createCall(request)).toMatchObject({ kind: 'rejected', error: { code: '7504', advice } });
  });

  it('takes a new connection for every create', async () => {
    const keepsAlive: Peer = (socket, read) => {
      if (isWhole(read)) socket.write(response('400 Bad Request', '{}'));
    };
    const graphClient = await graph(keepsAlive);
    await graphClient.createCall(request);
    await graphClient.createCall(request);
    expect(received.connections).toBe(2);
  });

  it('is not sent where nobody listens', async () => {
    const unused = createTcpServer();
    const port = await listening(unused);
    await once(unused.close(), 'close');
    expect(await clientOf(port).createCall(request)).toMatchObject({ kind: 'not-sent' });
  });

  it('is not sent where the connection does not come about in time', async () => {
    const port = await listening(createTcpServer((socket) => sockets.add(socket)));
    expect(await clientOf(port, { connectTimeoutMs: 100 }).createCall(request)).toMatchObject({ kind: 'not-sent' });
  });

  it('is not sent to a peer whose certificate is for another host', async () => {
    await graph(answers(response('201 Created', '{}')));
    const { port } = server.address() as AddressInfo;
    expect(await clientOf(port, {}, '127.0.0.1').createCall(request)).toMatchObject({ kind: 'not-sent' });
    expect(received.text).toBe('');
  });

  it('sends nothing when the last check before the dial throws', async () => {
    const graphClient = await graph(answers(response('201 Created', '{}')));
    const beforeSend = () => {
      throw new Error('past the deadline');
    };
    const outcome = await graphClient.createCall({ ...request, beforeSend });
    expect(outcome).toMatchObject({ kind: 'not-sent', why: 'no byte of the request was sent: past the deadline' });
    // The peer has seen the connection end when this is over.
    for (const socket of sockets) if (!socket.destroyed) await once(socket, 'close');
    expect(received).toEqual({ connections: 1, text: '' });
  });

  it('makes the last check once, when the connection stands', async () => {
    let checkedAt: number | undefined;
    const graphClient = await graph(answers(response('400 Bad Request', '{}')));
    await graphClient.createCall({
      ...request,
      beforeSend: () => {
        expect(checkedAt).toBeUndefined();
        checkedAt = received.text.length;
      },
    });
    expect(checkedAt).toBe(0);
  });

  it.each<[string, Peer]>([
    ['is reset after the request was read', (_socket, read, reset) => isWhole(read) && reset()],
    ['is reset after some of it was read', (_socket, read, reset) => read.length > 0 && reset()],
    ['is closed without an answer', (socket, read) => isWhole(read) && socket.end()],
    ['is cut inside the status line', (socket, read) => isWhole(read) && socket.end('HTTP/1.1 20')],
    ['brings what is no HTTP', (socket, read) => isWhole(read) && socket.end('SSH-2.0\r\n\r\n')],
  ])('leaves it unknown when the connection %s, and sends nothing again', async (_, peer) => {
    const graphClient = await graph(peer);
    expect(await graphClient.createCall(request)).toMatchObject({ kind: 'unknown' });
    expect(received.connections).toBe(1);
  });

  it('never claims a call that may exist was not sent when the peer resets before it has read', async () => {
    const graphClient = await graph((_socket, _read, reset) => reset());
    const { kind } = await graphClient.createCall(request);
    expect(['unknown', 'not-sent']).toContain(kind);
    if (kind === 'not-sent') expect(received.text).toBe('');
    expect(received.connections).toBe(1);
  });

  it('leaves it unknown when no status line comes in time', async () => {
    const graphClient = await graph(() => undefined, { headersTimeoutMs: 100 });
    expect(await graphClient.createCall(request)).toMatchObject({ kind: 'unknown' });
  });

  it('does not take Early Hints for an answer', async () => {
    const graphClient = await graph((socket, read) => isWhole(read) && socket.end('HTTP/1.1 103 Early Hints\r\n\r\n'));
    expect(await graphClient.createCall(request)).toMatchObject({
      kind: 'unknown',
      why: expect.stringContaining('no answer came') as string,
    });
  });

  const wholeBody = fixtureText('create-call/seed-ex1-response');
  const whole = response('201 Created', wholeBody, location);
  it.each([
    ['after the status line', whole.slice(0, whole.indexOf('\r\n') + 2), null],
    ['inside the headers', whole.slice(0, whole.indexOf('\r\n') + 20), null],
    ['after the headers', whole.slice(0, whole.indexOf('\r\n\r\n') + 4), graphCallId],
    ['inside the body', whole.slice(0, -200), graphCallId],
    ['inside the body, without Location', response('201 Created', wholeBody).slice(0, -200), null],
  ])('is created when the 201 is cut %s', async (_, cut, id) => {
    const graphClient = await graph(answers(cut));
    expect(await graphClient.createCall(request)).toMatchObject({ kind: 'created', graphCallId: id, call: null });
  });

  const endless = `HTTP/1.1 201 Created\r\n${location}content-length: 1000000000\r\n\r\n{`;
  it('is created when the rest of a 201 does not come in time, though it drips', async () => {
    const drip: Peer = (socket, read) => {
      if (!isWhole(read)) return;
      socket.write(endless);
      const timer = setInterval(() => socket.write(' '), 20);
      socket.on('close', () => {
        clearInterval(timer);
      });
    };
    const graphClient = await graph(drip, { headersTimeoutMs: 60_000, bodyTimeoutMs: 100 });
    expect(await graphClient.createCall(request)).toMatchObject({ kind: 'created', graphCallId });
  });

  it('is created when the 201’s body is beyond all measure', async () => {
    const floods: Peer = (socket, read) => isWhole(read) && socket.write(endless + ' '.repeat(3e6));
    const graphClient = await graph(floods, { bodyTimeoutMs: 60_000 });
    expect(await graphClient.createCall(request)).toMatchObject({ kind: 'created', graphCallId });
  });

  it('reads a throttle and an error, and follows no redirect', async () => {
    const throttle = response(
      '429 Too Many Requests',
      fixtureText('create-call/error-429-generic-throttle'),
      'retry-after: 2.128\r\n',
    );
    expect(await (await graph(answers(throttle))).createCall(request)).toMatchObject({ kind: 'throttled', retryAfterMs: 2_128 });
    const failure = response('500 Internal Server Error', fixtureText('create-call/error-500-9999-unknown'));
    expect(await (await graph(answers(failure))).createCall(request)).toMatchObject({ kind: 'unknown' });
    const { port } = server.address() as AddressInfo;
    const redirect = response('307 Temporary Redirect', '', `location: https://localhost:${port}/elsewhere\r\n`);
    expect(await (await graph(answers(redirect))).createCall(request)).toMatchObject({ kind: 'unknown' });
    expect(received.connections).toBe(1);
  });

  it('lets no more creates run at one time than it is told', async () => {
    let open = 0;
    let most = 0;
    const waits: (() => void)[] = [];
    const graphClient = await graph(
      (socket, read) => {
        if (!isWhole(read)) return;
        most = Math.max(most, (open += 1));
        waits.push(() => {
          open -= 1;
          socket.end(response('400 Bad Request', '{}'));
        });
        if (waits.length === 2) for (const answer of waits.splice(0)) answer();
      },
      { maxConcurrentPosts: 2 },
    );
    await Promise.all(Array.from({ length: 6 }, () => graphClient.createCall(request)));
    expect(most).toBe(2);
  });

  it('lets the create on its way end when it is closed, and sends no other', async () => {
    let answer: (() => void) | undefined;
    const hasArrived = Promise.withResolvers<undefined>();
    const graphClient = await graph((socket, read) => {
      if (!isWhole(read)) return;
      answer = () => socket.end(whole);
      hasArrived.resolve(undefined);
    });
    const running = graphClient.createCall(request);
    await hasArrived.promise;
    const closed = graphClient.close();
    expect(await graphClient.createCall(request)).toMatchObject({ kind: 'not-sent' });
    answer!();
    expect(await running).toMatchObject({ kind: 'created' });
    await closed;
  });
});

describe('giveUp', () => {
  it('makes of each create at once what is known of its bytes, and sends no other', async () => {
    let isRead = (): unknown => undefined;
    const read = new Promise<void>((resolve) => (isRead = resolve));
    const silent = await graph((_socket, text) => text.endsWith('}') && isRead(), {
      headersTimeoutMs: 60_000,
      maxConcurrentPosts: 1,
    });
    const [sent, waiting] = [silent.createCall(request), silent.createCall(request)];
    await read;
    silent.giveUp();
    expect(await Promise.all([sent, waiting])).toMatchObject([{ kind: 'unknown' }, { kind: 'not-sent' }]);
    expect(received.text.match(/^POST /gm)).toHaveLength(1);
  });

  it('ends requests about a call that exists too', async () => {
    let isRead = (): unknown => undefined;
    const read = new Promise<void>((resolve) => (isRead = resolve));
    const silent = await graph((_socket, text) => text.includes('\r\n\r\n') && isRead(), { headersTimeoutMs: 60_000 });
    const running = silent.endCall(graphCallId, 'token');
    await read;
    silent.giveUp();
    expect(await running).toMatchObject({ kind: 'failed', isFinal: false });
    await silent.close();
  });
});

describe('requests about a call that exists', () => {
  const answersHead =
    (text: string): Peer =>
    (socket, read) => {
      if (read.includes('\r\n\r\n')) socket.end(text);
    };
  const unauthorized = response('401 Unauthorized', '{"error":{"code":"InvalidAuthenticationToken","message":"no"}}');

  it('reads a call', async () => {
    const graphClient = await graph(answersHead(response('200 OK', '{"id":"x"}')));
    expect(await graphClient.getCall('a/../b', 'token')).toEqual({ kind: 'found', call: { id: 'x' } });
    expect(received.text).toMatch(/^GET \/v1\.0\/communications\/calls\/a%2F\.\.%2Fb HTTP/);
  });

  it.each([
    ['204 No Content', { kind: 'ended' }],
    ['404 Not Found', { kind: 'gone' }],
    ['403 Forbidden', { kind: 'failed', isFinal: true, error: { httpStatus: 403 } }],
    ['429 Too Many Requests', { kind: 'failed', isFinal: false }],
    ['503 Service Unavailable', { kind: 'failed', isFinal: false }],
  ])('hangs up: %s', async (status, outcome) => {
    const graphClient = await graph(answersHead(`HTTP/1.1 ${status}\r\n\r\n`));
    expect(await graphClient.endCall(graphCallId, 'token')).toMatchObject(outcome);
    expect(received.text).toMatch(new RegExp(`^DELETE /v1\\.0/communications/calls/${graphCallId} HTTP`));
  });

  it.each([
    [response('200 OK', ''), { kind: 'alive' }],
    [response('404 Not Found', '{}'), { kind: 'gone' }],
    [unauthorized, { kind: 'failed', isFinal: false, error: { code: 'InvalidAuthenticationToken' } }],
  ])('keeps a call alive: %#', async (text, outcome) => {
    const graphClient = await graph(answersHead(text));
    expect(await graphClient.keepAlive(graphCallId, 'token')).toMatchObject(outcome);
    expect(received.text).toMatch(new RegExp(`^POST /v1\\.0/communications/calls/${graphCallId}/keepAlive HTTP`));
  });

  it('says when it may be asked again', async () => {
    const graphClient = await graph(answersHead('HTTP/1.1 429 Too Many Requests\r\nretry-after: 2.5\r\n\r\n'));
    const failed = { kind: 'failed', isFinal: false, retryAfterMs: 2_500 };
    expect(await graphClient.getCall(graphCallId, 'token')).toMatchObject(failed);
    expect(await graphClient.endCall(graphCallId, 'token')).toMatchObject(failed);
    expect(await graphClient.keepAlive(graphCallId, 'token')).toMatchObject(failed);
  });

  it('may be asked again when no answer came', async () => {
    const graphClient = await graph((_socket, _read, reset) => reset());
    const failed = { kind: 'failed', isFinal: false, retryAfterMs: 1_000, error: { httpStatus: 0, code: 'NoAnswer' } };
    expect(await graphClient.getCall(graphCallId, 'token')).toMatchObject(failed);
    expect(await graphClient.endCall(graphCallId, 'token')).toMatchObject(failed);
    expect(await graphClient.keepAlive(graphCallId, 'token')).toMatchObject(failed);
  });
});
