// The receiver as the internet meets it: the built output in a process of its own, over the wire.
import { randomBytes, randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { Agent } from 'undici';
import { CallbackKeys } from './support/callback-keys.js';
import { PlainReader } from './support/plain-kafka.js';
import { RawConnection } from './support/raw-connection.js';
import { newTopicPrefix, ReceiverProcess, type KnownCall, type ReceiverOptions } from './support/receiver-process.js';
import { until } from './support/stack-for-tests.js';

const brokers = (process.env['CALLBUS_TEST_BROKERS'] ?? '').split(',');
const MAX_BODY_BYTES = 4 * 1024 * 1024;
const body = '{"value":[]}';

let keys: CallbackKeys;
let topicPrefix: string;
let observations: PlainReader;
let receiver: ReceiverProcess;
let call: KnownCall;
const others: { stop(): Promise<unknown> }[] = [];

beforeAll(async () => {
  keys = await CallbackKeys.start();
  topicPrefix = await newTopicPrefix(brokers);
  observations = await PlainReader.start(brokers, `${topicPrefix}observations`);
  receiver = await ReceiverProcess.start(options());
  call = await receiver.newCall();
}, 60_000);

afterEach(async () => {
  for (const other of others.splice(0)) await other.stop();
  expect(receiver.isRunning).toBe(true);
});

afterAll(async () => {
  await receiver.stop();
  await observations.stop();
  await keys.stop();
});

function options(environment: Readonly<Record<string, string>> = {}, its = keys): ReceiverOptions {
  return { brokers, topicPrefix, keys: its, environment };
}

/** A further receiver with settings of its own, for one test. */
async function another(environment: Readonly<Record<string, string>>, its = keys): Promise<ReceiverProcess> {
  const one = await ReceiverProcess.start(options(environment, its));
  others.push(one);
  return one;
}

async function raw(port = receiver.port): Promise<RawConnection> {
  const connection = await RawConnection.open(port);
  others.push({
    stop: () => {
      connection.end();
      return Promise.resolve();
    },
  });
  return connection;
}

/** The head of a callback. @param lines in addition to address, host, token and type */
function head(lines: readonly string[], of = call, version = 'HTTP/1.1'): string {
  const own = [`POST ${of.path} ${version}`, 'Host: localhost', `Authorization: ${of.authorization}`];
  return [...own, 'Content-Type: application/json', ...lines, '', ''].join('\r\n');
}

function whole(content = body, of = call): string {
  return head([`Content-Length: ${Buffer.byteLength(content)}`], of) + content;
}

function storedOf({ callId }: KnownCall): string[] {
  return observations.of(callId).map(({ value }) => (JSON.parse(String(value)) as { body: string }).body);
}

async function untilStored(of: KnownCall, content: string): Promise<void> {
  await until('the callback is on Kafka', () => storedOf(of).includes(content));
}

/** Of what was sent before, for a call's callbacks keep their order. */
async function expectNothingStored(of: KnownCall): Promise<void> {
  const marker = '{"sent":"last"}';
  expect((await receiver.post(of, marker)).status).toBe(202);
  await untilStored(of, marker);
  expect(storedOf(of)).toEqual([marker]);
}

describe('an address', () => {
  it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'FOO'])('takes no %s', async (method) => {
    const connection = await raw();
    connection.write(whole().replace('POST', method));
    expect(await connection.answered()).toEqual([405]);
    expect(connection.received).toContain('allow: POST\r\n');
  });

  it.each([
    ['another path', '/'],
    ['an address without its mac', '/v1/callbacks/a/b/c/1/'],
    ['what is no path', '/%zz'],
    ['the whole of another host', 'http://localhost/v1/callbacks'],
    ['a path that goes up', '/v1/callbacks/../../etc/passwd'],
  ])('is not %s', async (_what, path) => {
    const connection = await raw();
    connection.write(whole().replace(call.path, path));
    const [status] = await connection.answered();
    expect([400, 404]).toContain(status);
  });

  it('tells whether it was given out before anything else is looked at', async () => {
    const connection = await raw();
    connection.write(
      'DELETE /v1/callbacks HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\nx',
    );
    expect(await connection.answered()).toEqual([404]);
  });

  it('is good with either of two mac keys while they are rotated', async () => {
    const [now, next, never] = [1, 2, 3].map(() => randomBytes(32).toString('base64url'));
    const rotating = await another({ CALLBACK_MAC_KEYS: `${next!},${now!}` });
    expect((await rotating.post(await rotating.newCall(now), body)).status).toBe(202);
    expect((await rotating.post(await rotating.newCall(next), body)).status).toBe(202);
    expect((await rotating.post(await rotating.newCall(never), body)).status).toBe(404);
  });
});

describe('a token', () => {
  it('is good for its own call only', async () => {
    const other = await receiver.newCall();
    expect((await receiver.post({ ...other, authorization: call.authorization }, body)).status).toBe(401);
    const moved = call.path.replace(call.callId, other.callId);
    expect((await receiver.post({ ...call, path: moved }, body)).status).toBe(404);
    const nextAttempt = call.path.replace('/1/', '/2/');
    expect((await receiver.post({ ...call, path: nextAttempt }, body)).status).toBe(404);
    const otherTenant = `Bearer ${await keys.token(call.appId, other.tenantId)}`;
    expect((await receiver.post({ ...call, authorization: otherTenant }, body)).status).toBe(401);
    const otherApp = `Bearer ${await keys.token(other.appId, call.tenantId)}`;
    expect((await receiver.post({ ...call, authorization: otherApp }, body)).status).toBe(401);
    await expectNothingStored(other);
  });

  it.each([
    ['none', []],
    ['two headers', ['Authorization: $', 'Authorization: $']],
    ['two headers of which the first is right', ['Authorization: $', 'Authorization: Bearer a.b.c']],
    ['two in one header', ['Authorization: $, $']],
    ['Bearer twice', ['Authorization: Bearer $']],
    ['another scheme', ['Authorization: Basic YTpi']],
    ['another header', ['X-Authorization: $']],
    ['a cookie', ['Cookie: access_token=$']],
    ['more than 8 KB', [`Authorization: Bearer a.${'b'.repeat(9_000)}.c`]],
  ])('is refused as %s', async (_what, lines) => {
    const connection = await raw();
    const own = `Authorization: ${call.authorization}`;
    const sent = lines.map((line) => line.replaceAll('$', call.authorization)).join('\r\n');
    connection.write(whole().replace(`${own}\r\n`, sent === '' ? '' : `${sent}\r\n`));
    expect(await connection.answered()).toEqual([401]);
    expect(connection.received).toContain('www-authenticate: Bearer');
  });

  it('may call its scheme what it likes', async () => {
    expect((await receiver.post({ ...call, authorization: call.authorization.replace('Bearer', 'bearer') }, body)).status).toBe(
      202,
    );
  });

  it('is not looked for in the query', async () => {
    const path = `${call.path}?access_token=${call.authorization.slice(7)}`;
    expect((await receiver.post({ path, authorization: '' }, body)).status).toBe(404);
  });

  it('of 3 MB is refused before it is there', async () => {
    const connection = await raw();
    connection.write(`POST ${call.path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${'a'.repeat(3_000_000)}`);
    expect(await connection.answered()).toEqual([431]);
    await connection.closed();
  });

  it('that brings along where its key is, is not listened to', async () => {
    const claims = Buffer.from(JSON.stringify({ aud: call.appId, tid: call.tenantId })).toString('base64url');
    const asked = keys.requests.length;
    for (const member of ['jku', 'x5u']) {
      const header = { alg: 'RS256', kid: keys.signing.kid(), [member]: keys.url('/forged') };
      const forged = `Bearer ${Buffer.from(JSON.stringify(header)).toString('base64url')}.${claims}.AAAA`;
      expect((await receiver.post({ ...call, authorization: forged }, body)).status).toBe(401);
    }
    expect(keys.requests.slice(asked)).not.toContain('/forged');
  });
});

describe('a body', () => {
  it('of a full roster of 2,000 participants goes through, byte for byte', async () => {
    const large = await receiver.newCall();
    const roster = rosterOf(2_000);
    expect(Buffer.byteLength(roster)).toBeGreaterThan(1_500_000);
    expect((await receiver.post(large, roster)).status).toBe(202);
    await untilStored(large, roster);
  });

  it('may have 4 MiB, and is refused before it is read when it has more', async () => {
    const largest = JSON.stringify('x'.repeat(MAX_BODY_BYTES - 2));
    expect((await receiver.post(call, largest)).status).toBe(202);
    const connection = await raw();
    connection.write(head([`Content-Length: ${MAX_BODY_BYTES + 1}`]));
    expect(await connection.answered()).toEqual([413]);
    await connection.closed();
  });

  it('is refused in the middle when its chunks have more', async () => {
    const connection = await raw();
    connection.write(head(['Transfer-Encoding: chunked']));
    const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`;
    for (let sent = 0; sent <= MAX_BODY_BYTES; sent += 0x10000) connection.write(chunk);
    expect(await connection.answered()).toEqual([413]);
    await connection.closed();
  });

  it.each([
    ['text/plain', { 'content-type': 'text/plain' }, body],
    ['form data', { 'content-type': 'application/x-www-form-urlencoded' }, 'a=b'],
    ['a gzip bomb', { 'content-encoding': 'gzip' }, gzipSync(' '.repeat(100_000_000))],
    ['compressed twice over', { 'content-encoding': 'identity, br' }, body],
  ])('is not %s', async (_what, headers, content) => {
    expect((await receiver.post(call, content, headers)).status).toBe(415);
  });

  it('is not compressed in transfer', async () => {
    const connection = await raw();
    connection.write(head(['Transfer-Encoding: gzip, chunked']));
    expect(await connection.answered()).toEqual([415]);
  });

  it('needs no content-type', async () => {
    const untyped = await receiver.newCall();
    const connection = await raw();
    connection.write(whole(body, untyped).replace('Content-Type: application/json\r\n', ''));
    expect(await connection.answered()).toEqual([202]);
    await untilStored(untyped, body);
  });

  it('may name the encoding that it has', async () => {
    const headers = { 'content-encoding': 'identity', 'content-type': 'application/json; charset=utf-8' };
    expect((await receiver.post(call, body, headers)).status).toBe(202);
  });

  it.each([
    '{"a":1,"a":2}',
    '1e400',
    '-0',
    '{"id":9007199254740993}',
    `{"value":[${'{},'.repeat(9_999)}{}]}`,
    '{"value":[{"@odata.type":"#microsoft.graph.neverHeardOf"}]}',
    '{"resource":"/communications/calls/../../users"}',
    JSON.stringify({ id: `a\r\nb\0c\u202e${'x'.repeat(10_000)}` }),
    ' { "odd" :\r\n "\\u00e9 é 𝄞 \u2028" }\n',
  ])('that is odd is kept as it came: %.30j', async (content) => {
    const odd = await receiver.newCall();
    expect((await receiver.post(odd, content)).status).toBe(202);
    await untilStored(odd, content);
  });

  it('that is missing is stored as an empty one', async () => {
    const none = await receiver.newCall();
    const untyped = head([], none).replace('Content-Type: application/json\r\n', '');
    const missing = [
      head(['Content-Length: 0'], none),
      head([], none),
      untyped,
      `${head(['Transfer-Encoding: chunked'], none)}0\r\n\r\n`,
    ];
    for (const bytes of missing) {
      const connection = await raw();
      connection.write(bytes);
      expect(await connection.answered()).toEqual([202]);
    }
    await until('all are on Kafka', () => String(storedOf(none)) === String(missing.map(() => '')));
  });
});

describe('HTTP', () => {
  const chunks = `c\r\n${body}\r\n0\r\n\r\n`;

  it.each([
    ['a length and chunks', ['Content-Length: 12', 'Transfer-Encoding: chunked'], chunks],
    ['chunks and a length', ['Transfer-Encoding: chunked', 'Content-Length: 12'], chunks],
    ['two lengths', ['Content-Length: 12', 'Content-Length: 13'], body],
    ['a length with a sign', ['Content-Length: +12'], body],
    ['chunks in disguise', ['Transfer-Encoding: xchunked'], chunks],
    ['chunks with a space before the colon', ['Transfer-Encoding : chunked'], chunks],
    ['a chunk of no size', ['Transfer-Encoding: chunked'], `x\r\n${body}\r\n0\r\n\r\n`],
    ['a folded header', ['X-A: b', ' c', 'Content-Length: 12'], body],
    ['a bare line feed', ['X-A: b\nX-C: d', 'Content-Length: 12'], body],
    ['a NUL in a header', ['X-A: \0', 'Content-Length: 12'], body],
  ])('with %s is refused, and nothing is stored', async (_what, lines, content) => {
    const of = await receiver.newCall();
    const connection = await raw();
    connection.write(head(lines, of) + content);
    expect(await connection.answered()).toEqual([400]);
    await connection.closed();
    await expectNothingStored(of);
  });

  it.each([
    ['no host', () => whole().replace('Host: localhost\r\n', '')],
    ['no HTTP', () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello'],
    ['HTTP/2', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ])('is not %s', async (_what, bytes) => {
    const connection = await raw();
    connection.write(bytes());
    expect([400, 405]).toContain((await connection.answered())[0]);
    await connection.closed();
  });

  it('answers requests that are sent without waiting in their order', async () => {
    const connection = await raw();
    const marked = await receiver.newCall();
    const moved = { ...marked, path: call.path.replace('/1/', '/2/') };
    connection.write(whole() + whole('{"no":1}', moved) + whole('{"last":1}', marked));
    expect(await connection.answered(3)).toEqual([202, 404, 202]);
    await untilStored(marked, '{"last":1}');
  });

  it('takes HTTP/1.0, and closes after it', async () => {
    const connection = await raw();
    connection.write(head(['Content-Length: 12'], call, 'HTTP/1.0') + body);
    expect(await connection.answered()).toEqual([202]);
    await connection.closed();
  });

  it('is not believed about the way that it came', async () => {
    const forwarded = [
      'X-Forwarded-For: 127.0.0.1',
      'X-Forwarded-Host: graph.microsoft.com',
      'X-Original-URL: /',
      'X-Rewrite-URL: /',
    ];
    const content = '{"forged":"host"}';
    const of = await receiver.newCall();
    const taken = await raw();
    taken.write(head([...forwarded, `Content-Length: ${content.length}`], of).replace('localhost', 'evil.example') + content);
    expect(await taken.answered()).toEqual([202]);
    await untilStored(of, content);
    expect(String(observations.of(of.callId)[0]?.value)).not.toMatch(/evil|forwarded|rewrite/i);
    const elsewhere = await raw();
    elsewhere.write(head([`X-Original-URL: ${of.path}`, 'Content-Length: 12'], { ...of, path: '/' }) + body);
    expect(await elsewhere.answered()).toEqual([404]);
    const overridden = await raw();
    overridden.write(head(['X-HTTP-Method-Override: POST', 'Content-Length: 12'], of).replace('POST /', 'GET /') + body);
    expect(await overridden.answered()).toEqual([405]);
  });

  it('is no way to another host', async () => {
    const connection = await raw();
    connection.write('CONNECT graph.microsoft.com:443 HTTP/1.1\r\nHost: graph.microsoft.com:443\r\n\r\n');
    await connection.closed();
    expect(connection.received).toBe('');
  });

  it('refuses headers of more than 16 KB', async () => {
    const connection = await raw();
    connection.write(head([`X-Large: ${'x'.repeat(16 * 1024)}`]));
    expect(await connection.answered()).toEqual([431]);
    await connection.closed();
  });

  it('tells a sender nothing but the status', async () => {
    const answers = await Promise.all([
      receiver.post({ ...call, path: '/' }, body),
      receiver.post({ ...call, authorization: '' }, body),
      receiver.post({ ...call, authorization: 'Bearer a.b.c' }, body),
      receiver.post(call, body, { 'content-type': 'text/plain' }),
      receiver.post(call, body, { 'content-encoding': 'gzip' }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([404, 401, 401, 415, 415]);
    for (const { text } of answers) {
      expect(JSON.parse(text)).toEqual({ error: { code: expect.any(String), message: expect.any(String) } });
      expect(text).not.toMatch(/\.[jt]s|node_modules|prototype|JSON|jose|Error/);
    }
    const [, none, forged] = answers;
    expect(none.text).toBe(forged.text);
    expect(answers[3].text).toBe(answers[4].text);
  });

  it('logs the call and attempt of a refused callback when callbus issued its address', async () => {
    const [typed, large, forged] = [await receiver.newCall(), await receiver.newCall(), await receiver.newCall()];
    const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`;
    const connection = await raw();
    connection.write(head(['Transfer-Encoding: chunked'], large));
    for (let sent = 0; sent <= MAX_BODY_BYTES; sent += 0x10000) connection.write(chunk);
    expect(await connection.answered()).toEqual([413]);
    await receiver.post(typed, body, { 'content-type': 'text/plain' });
    await receiver.post({ ...forged, path: forged.path.replace(/.$/, '!') }, body);
    const named = ({ callId }: KnownCall): boolean =>
      receiver
        .log()
        .some((line) => line['callId'] === callId || (line['others'] as string[] | undefined)?.includes(`${callId}/1`) === true);
    await until('both are named', () => named(typed) && named(large));
    expect(receiver.text()).not.toContain(forged.callId);
  });

  it('writes no token to its log', () => {
    expect(receiver.text()).not.toMatch(/eyJ|Bearer e/);
  });
});

describe('slow clients', () => {
  const impatient = {
    HTTP_HEADERS_TIMEOUT_MS: '400',
    HTTP_REQUEST_TIMEOUT_MS: '800',
    HTTP_CONNECTIONS_CHECK_INTERVAL_MS: '50',
    HTTP_KEEP_ALIVE_TIMEOUT_MS: '1000',
    HTTP_MAX_CONNECTIONS: '60',
  };

  it('are cut off, whatever they are slow with, and others do not notice', async () => {
    const guarded = await another(impatient);
    const known = await guarded.newCall();
    const begun = [
      '',
      'POST ',
      head(['X-Never: ends'], known).slice(0, -2),
      head(['Content-Length: 12'], known),
      head(['Content-Length: 12'], known) + body.slice(0, 5),
      head(['Transfer-Encoding: chunked'], known) + 'c\r\n{',
    ];
    const slow = await Promise.all(
      Array.from({ length: 48 }, async (_, index) => {
        const connection = await raw(guarded.port);
        connection.write(begun[index % begun.length] ?? '');
        return connection;
      }),
    );
    const answerMs: number[] = [];
    while (!slow.every(({ isClosed }) => isClosed)) {
      const begunAt = performance.now();
      expect((await guarded.post(known, body)).status).toBe(202);
      answerMs.push(performance.now() - begunAt);
    }
    // Whoever waits for the slow waits 400 ms. Not each answer: a busy machine may take its time over one.
    expect(answerMs.filter((ms) => ms > 200).length).toBeLessThan(answerMs.length / 2);
    expect(new Set(slow.flatMap((connection) => connection.statuses()))).toEqual(new Set([408]));
    // What they held is free again.
    expect((await guarded.post(known, body)).status).toBe(202);
  });

  it('that drip are cut off too', async () => {
    const guarded = await another(impatient);
    const connection = await raw(guarded.port);
    connection.write(head(['Content-Length: 1000'], await guarded.newCall()));
    while (!connection.isClosed) {
      connection.write(' ');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(connection.statuses()).toEqual([408]);
  });

  it('are cut off in the middle of a TLS handshake too', async () => {
    const { certFile, keyFile } = keys.files;
    const guarded = await another({ ...impatient, TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile });
    for (const begun of ['', '\x16\x03\x01', 'GET / HTTP/1.1\r\n\r\n']) {
      const connection = await raw(guarded.port);
      connection.write(begun);
      await connection.closed();
    }
  });

  it('that have nothing more to say are not kept', async () => {
    const guarded = await another(impatient);
    const connection = await raw(guarded.port);
    connection.write(whole(body, await guarded.newCall()));
    expect(await connection.answered()).toEqual([202]);
    await connection.closed();
  });

  it('find no more than so many connections', async () => {
    const guarded = await another({ ...impatient, HTTP_MAX_CONNECTIONS: '2', HTTP_HEADERS_TIMEOUT_MS: '800' });
    const [first, second, third] = [await raw(guarded.port), await raw(guarded.port), await raw(guarded.port)];
    await third.closed();
    first.write(whole(body, await guarded.newCall()));
    expect(await first.answered()).toEqual([202]);
    expect(second.isClosed).toBe(false);
  });
});

it('ends in time and well though somebody has sent nothing, and somebody half of it', async () => {
  const ending = await another({ HTTP_HEADERS_TIMEOUT_MS: '700', HTTP_REQUEST_TIMEOUT_MS: '700' });
  const known = await ending.newCall();
  const [silent, slow] = [await raw(ending.port), await raw(ending.port)];
  slow.write(head(['Content-Length: 12'], known) + body.slice(0, 5));
  expect((await ending.post(known, body)).status).toBe(202);
  expect(await ending.stop()).toBe(0);
  await Promise.all([silent.closed(), slow.closed()]);
});

it('takes what is under way when it ends, and nothing new', async () => {
  const ending = await another({ CALLBACK_MAX_IN_FLIGHT: '1' });
  const known = await ending.newCall();
  const content = '{"ends":"well"}';
  const begun = await raw(ending.port);
  begun.write(head([`Content-Length: ${content.length}`], known) + content.slice(0, 5));
  await until('it is under way', async () => (await ending.post(known, body)).status === 503);
  const ended = ending.stop();
  await until('nothing new is taken', () =>
    ending.post(known, body).then(
      () => false,
      () => true,
    ),
  );
  begun.write(content.slice(5));
  expect(await begun.answered()).toEqual([202]);
  expect(await ended).toBe(0);
  await untilStored(known, content);
});

describe('keys', () => {
  const brief = { CALLBACK_KEYS_COOLDOWN_MS: '500', CALLBACK_KEYS_MAX_AGE_MS: '600000' };
  let own: CallbackKeys;

  beforeEach(async () => {
    own = await CallbackKeys.start();
    others.unshift(own);
  });

  it('that were never to be had make a receiver not ready, and callbacks 503, until they are', async () => {
    own.isDown = true;
    const keyless = await another({ ...brief, CALLBACK_KEYS_MAX_AGE_MS: '1000' }, own);
    const known = await keyless.newCall();
    expect(await keyless.isReady()).toBe(false);
    const answer = await keyless.post(known, body);
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toMatch(/^\d+$/);
    own.isDown = false;
    await until('it is ready', () => keyless.isReady());
    expect((await keyless.post(known, body)).status).toBe(202);
  });

  it('that cannot be fetched any more serve on, and a new one is taken within one cooldown when they can', async () => {
    const steady = await another(brief, own);
    const known = await steady.newCall();
    own.isDown = true;
    expect((await steady.post(known, body)).status).toBe(202);
    await own.signing.rotate();
    const fresh = { ...known, authorization: `Bearer ${await own.token(known.appId, known.tenantId)}` };
    await until('nobody can tell whose key it is', async () => (await steady.post(fresh, body)).status === 503);
    expect((await steady.post(known, body)).status).toBe(202);
    const before = own.requests.length;
    own.isDown = false;
    await until('the new key is taken', async () => (await steady.post(fresh, body)).status === 202);
    // The first fetch that the cooldown allows brings it.
    expect(own.requests.slice(before).filter((url) => url === '/keys')).toHaveLength(1);
  });

  it('that a callback waits for delay the receiver’s shutdown until they come', async () => {
    const ending = await another({ ...brief, CALLBACK_KEYS_WAIT_MS: '10000' }, own);
    const known = await ending.newCall();
    await own.signing.rotate();
    const fresh = { ...known, authorization: `Bearer ${await own.token(known.appId, known.tenantId)}` };
    const { promise, resolve } = Promise.withResolvers<undefined>();
    own.answersAfter = promise;
    const before = own.requests.length;
    const waiting = ending.post(fresh, body);
    await until('the key is asked for', () => own.requests.length > before);
    const ended = ending.stop();
    await until('nothing new is taken', () =>
      ending.post(known, body).then(
        () => false,
        () => true,
      ),
    );
    resolve(undefined);
    expect((await waiting).status).toBe(202);
    expect(await ended).toBe(0);
    await untilStored(known, body);
  });

  it('that many callbacks wait for leave room for callbacks with a known key', async () => {
    const narrow = await another({ ...brief, CALLBACK_KEYS_WAIT_MS: '10000', CALLBACK_MAX_IN_FLIGHT: '4' }, own);
    const known = await narrow.newCall();
    await own.signing.rotate();
    const fresh = { ...known, authorization: `Bearer ${await own.token(known.appId, known.tenantId)}` };
    const { promise, resolve } = Promise.withResolvers<undefined>();
    own.answersAfter = promise;
    const answered: number[] = [];
    const sent = Array.from({ length: 10 }, async () => answered.push((await narrow.post(fresh, body)).status));
    await until('those beyond half of the room are refused', () => answered.length === 8);
    expect((await narrow.post(known, body)).status).toBe(202);
    resolve(undefined);
    await Promise.all(sent);
    expect(answered.toSorted()).toEqual([202, 202, ...Array<number>(8).fill(503)]);
  });

  it('that a flood of tokens name are asked for once per cooldown', async () => {
    const steady = await another(brief, own);
    const known = await steady.newCall();
    const before = own.requests.length;
    const begunAt = performance.now();
    const unknown = (index: number): string =>
      known.authorization.replace(
        /^Bearer [^.]+/,
        `Bearer ${Buffer.from(JSON.stringify({ alg: 'RS256', kid: `k${index}` })).toString('base64url')}`,
      );
    const answers = await Promise.all(
      Array.from({ length: 300 }, (_, index) => steady.post({ ...known, authorization: unknown(index) }, body)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
    const cooldowns = Math.ceil((performance.now() - begunAt) / 500);
    expect(own.requests.slice(before).filter((url) => url === '/keys').length).toBeLessThanOrEqual(cooldowns);
    expect((await steady.post(known, body)).status).toBe(202);
  });
});

describe('too much at once', () => {
  it('is refused early and with Retry-After, and what was taken first is taken still', async () => {
    const narrow = await another({ CALLBACK_MAX_IN_FLIGHT: '1' });
    const known = await narrow.newCall();
    const first = await raw(narrow.port);
    first.write(head(['Content-Length: 12'], known) + body.slice(0, 6));
    await until('there is no room', async () => (await narrow.post(known, body)).status === 503);
    const refused = await narrow.post(known, body);
    expect(refused.headers['retry-after']).toBe('5');
    first.write(body.slice(6));
    expect(await first.answered()).toEqual([202]);
    expect((await narrow.post(known, body)).status).toBe(202);
  });

  it('is so by its bytes too, and a sender that gives up leaves room', async () => {
    const narrow = await another({ CALLBACK_MAX_IN_FLIGHT_BYTES: '10000' });
    const known = await narrow.newCall();
    const first = await raw(narrow.port);
    first.write(head(['Content-Length: 9990'], known));
    await until('there is no room', async () => (await narrow.post(known, body)).status === 503);
    first.end();
    await until('there is room', async () => (await narrow.post(known, body)).status === 202);
  });

  it('is so by the time that the process lags behind too, while other callbacks are under way', async () => {
    const narrow = await another({ CALLBACK_MAX_EVENT_LOOP_DELAY_MS: '10', CALLBACK_MAX_IN_FLIGHT: '20' });
    const known = await narrow.newCall();
    // Each NUL takes six bytes on Kafka.
    const slowToStore = '\0'.repeat(MAX_BODY_BYTES);
    await until('it lags', async () => {
      await Promise.all([1, 2, 3].map(() => narrow.post(known, slowToStore)));
      return narrow.log().some(({ code, why }) => code === 'OVERLOADED' && /^the process lags/.test(String(why)));
    });
    // It may lag still, but not because of the only callback there is.
    expect((await narrow.post(known, body)).status).toBe(202);
  });

  it('gets 202 or 503, each 202 is on Kafka, and memory stays bounded', async () => {
    const narrow = await another({ CALLBACK_MAX_IN_FLIGHT: '20' });
    const known = await narrow.newCall();
    const agent = new Agent({ connections: 200 });
    others.push({ stop: () => agent.close() });
    const contents = Array.from({ length: 3_000 }, (_, index) => JSON.stringify({ index, filling: 'x'.repeat(2_000) }));
    const answers = await Promise.all(contents.map((content) => narrow.post(known, content, {}, agent)));
    const taken = contents.filter((_, index) => answers[index]?.status === 202);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202, 503]));
    await until('all that was taken is on Kafka', () => {
      const stored = new Set(storedOf(known));
      return taken.every((content) => stored.has(content));
    });
    expect((await narrow.post(known, body)).status).toBe(202);
  }, 60_000);
});

function rosterOf(participants: number): string {
  const value = Array.from({ length: participants }, (_, index) => ({
    '@odata.type': '#microsoft.graph.participant',
    id: randomUUID(),
    info: {
      '@odata.type': '#microsoft.graph.participantInfo',
      identity: {
        '@odata.type': '#microsoft.graph.identitySet',
        user: {
          '@odata.type': '#microsoft.graph.identity',
          id: randomUUID(),
          tenantId: randomUUID(),
          displayName: `Participant number ${index}`,
        },
      },
      languageId: 'en-US',
      endpointType: 'default',
      participantId: randomUUID(),
    },
    mediaStreams: ['audio', 'video', 'videoBasedScreenSharing'].map((mediaType, stream) => ({
      '@odata.type': '#microsoft.graph.mediaStream',
      mediaType,
      sourceId: String(stream),
      direction: 'sendReceive',
      serverMuted: false,
    })),
    isMuted: true,
    isInLobby: false,
  }));
  const notification = { '@odata.type': '#microsoft.graph.commsNotification', changeType: 'updated', resourceData: value };
  return JSON.stringify({ '@odata.type': '#microsoft.graph.commsNotifications', value: [notification] });
}
