import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { PlainReader } from './support/plain-kafka.js';
import { whileStopped } from './support/standstill.js';
import { STACK_TIMEOUT_MS, StackForTests, until } from './support/stack-for-tests.js';

let stack: StackForTests;
let commands: PlainReader;
let events: PlainReader;
let token: string;

beforeAll(async () => {
  stack = await StackForTests.start({
    environment: {
      gateway: { GATEWAY_SEND_TIMEOUT_MS: '1000', GATEWAY_MAX_BODY_BYTES: '20000', GATEWAY_WAIT_FOR_CALL_MS: '10000' },
      'graph-simulator': { SIMULATOR_ESTABLISH_MS: '20', SIMULATOR_RING_MS: '50', SIMULATOR_TALK_MS: '200' },
    },
  });
  const { kafka, topicPrefix } = stack.file;
  commands = await PlainReader.start(kafka.brokers, `${topicPrefix}commands`);
  events = await PlainReader.start(kafka.brokers, `${topicPrefix}events`);
  token = await stack.callerToken();
}, STACK_TIMEOUT_MS);

afterAll(async () => {
  await Promise.all([commands, events].map((reader) => reader.stop()));
  await stack.stop();
});

interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly location: string | null;
  readonly body: {
    id?: string;
    state?: string | null;
    graphCallId?: string | null;
    value?: Record<string, unknown>[];
    error?: { code: string; message: string; innerError: Record<string, string> };
  };
}

function call(changes: object = {}): object {
  const file = new URL('../libs/graph/fixtures/create-call/seed-ex1-request.json', import.meta.url);
  return { ...(JSON.parse(readFileSync(file, 'utf8')) as object), tenantId: stack.file.caller.tenantId, ...changes };
}

async function post(body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  return await ask('POST', '', typeof body === 'string' ? body : JSON.stringify(body), headers);
}

async function ask(method: string, path: string, body?: string, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await stack.fetch(`${stack.file.gateway.url}/v1.0/communications/calls${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    location: response.headers.get('location'),
    body: (text === '' ? {} : JSON.parse(text)) as Answer['body'],
  };
}

it('tells no caller without a valid token anything but 401', async () => {
  for (const authorization of ['', 'Bearer', 'Bearer a.b.c', `Bearer ${token.slice(0, -4)}AAAA`, `Basic ${token}`]) {
    const answers = [
      await post(call(), { authorization }),
      await ask('GET', `/${randomUUID()}`, undefined, { authorization }),
      await ask('DELETE', `/${randomUUID()}`, undefined, { authorization }),
    ];
    expect(answers.map(({ status, body }) => [status, body.error?.code])).toEqual(
      Array.from({ length: 3 }, () => [401, 'InvalidAuthenticationToken']),
    );
  }
});

it('places a call in no tenant but the caller’s own', async () => {
  const answer = await post(call({ tenantId: randomUUID() }));
  expect(answer.status).toBe(403);
  expect(answer.body.error?.message).toContain('GATEWAY_TENANTS');
});

it.each([
  ['half a document', '{"targets":', 400, 'BadRequest'],
  ['nothing', '', 400, 'BadRequest'],
  ['a list', '[]', 400, 'BadRequest'],
  ['ten thousand levels', `{"targets":${'['.repeat(9_000)}${']'.repeat(9_000)}}`, 400, 'BadRequest'],
  ['a call without targets', '{"@odata.type":"#microsoft.graph.call"}', 400, 'BadRequest'],
  ['too much', JSON.stringify({ subject: 'x'.repeat(20_001) }), 413, 'RequestTooLarge'],
])('refuses %s in Graph’s own shape of an error', async (_what, body, status, code) => {
  const answer = await post(body, { 'client-request-id': 'mine' });
  expect([answer.status, answer.body.error?.code]).toEqual([status, code]);
  expect(answer.body.error?.message).not.toBe('');
  expect(answer.body.error?.innerError).toMatchObject({ 'client-request-id': 'mine', 'request-id': expect.any(String) });
});

it('refuses a body that does not say that it is JSON', async () => {
  expect(await post('<call/>', { 'content-type': 'application/xml' })).toMatchObject({ status: 415 });
});

it('refuses an Idempotency-Key that was another call’s', async () => {
  const key = { 'idempotency-key': randomUUID() };
  const first = await post(call({ subject: 'one' }), key);
  expect(first.status).toBe(202);
  expect((await ask('GET', `/${first.body.id ?? ''}`)).status).toBe(200);
  expect(await post(call({ subject: 'two' }), key)).toMatchObject({ status: 409, body: { error: { code: 'Conflict' } } });
  expect((await post(call({ subject: 'one' }), key)).body.id).toBe(first.body.id);
});

it('knows no call that is not there: 404, to be asked again', async () => {
  expect(await ask('GET', `/${randomUUID()}`)).toMatchObject({ status: 404, retryAfter: '1' });
  expect(await ask('GET', '/not-an-id')).toMatchObject({ status: 404, retryAfter: null });
  expect(await ask('DELETE', '/not-an-id')).toMatchObject({ status: 404 });
});

it('waits for the outcome as long as its caller prefers: 201 with the call, or Graph’s own refusal', async () => {
  const created = await post(call(), { prefer: 'wait=30' });
  const callId = created.body.id ?? '';
  expect(created).toMatchObject({
    status: 201,
    body: {
      graphCallId: expect.any(String) as string,
      state: expect.stringMatching(/^establish/) as string,
      callChainId: expect.any(String) as string,
      '@odata.context': expect.stringContaining('$metadata#app/calls/$entity') as string,
    },
  });
  expect(created.location).toBe(`${stack.file.gateway.url}/v1.0/communications/calls/${callId}`);
  const { graphCallId } = created.body;
  expect((await ask('GET', `/${graphCallId ?? ''}`)).body).toMatchObject({ id: callId, graphCallId });
  expect((await events.historyWith(callId, ({ type }) => type === 'CallCreated')).at(-1)?.data['graphCallId']).toBe(graphCallId);

  const key = { 'idempotency-key': randomUUID(), prefer: 'wait=30' };
  const error = { error: { code: '7505', message: 'Request authorization tenant mismatch.' } };
  await simulator('POST', 'faults', { on: 'create', action: 'status', status: 403, times: 1, body: error });
  const refused = await post(call(), key);
  expect(refused).toMatchObject({ status: 403, body: { error: { code: '7505' } } });
  expect(await post(call(), key)).toMatchObject({ status: 403, body: { error: { code: '7505' } } });
}, 90_000);

it('gives the history of a call as it is on Kafka, in pages and live', async () => {
  const { body, status } = await post(call());
  const callId = body.id ?? '';
  expect(status).toBe(202);
  expect((await ask('GET', `/${callId}`)).status).toBe(200);
  const live = await streamUntilFinal(callId);
  await events.ended(callId);
  const history = events.of(callId).map(({ value }) => JSON.parse(String(value)) as Record<string, unknown>);
  expect(live.map(({ event }) => event)).toEqual(history);
  expect(live.map(({ id }) => id)).toEqual(history.map(({ sequence }) => sequence));
  await until('the snapshot knows it too', async () => (await ask('GET', `/${callId}`)).body.state === 'terminated');
  expect((await ask('GET', `/${callId}/events`)).body.value).toEqual(history);
  expect(await ask('GET', `/${callId}/events?$top=2&$skiptoken=1`)).toMatchObject({
    body: { value: history.slice(1, 3), '@odata.nextLink': expect.stringContaining('$skiptoken=3') as string },
  });
  const rest = await streamUntilFinal(callId, { 'last-event-id': String(history[1]?.['sequence']) });
  expect(rest.map(({ event }) => event)).toEqual(history.slice(2));
}, 90_000);

it('lists the caller’s calls, and knows them all again before it is ready after a start', async () => {
  const { body } = await post(call(), { prefer: 'wait=30' });
  const listed = async (): Promise<unknown[]> => {
    const ids: unknown[] = [];
    let page = await ask('GET', '?$top=2');
    for (;;) {
      ids.push(...(page.body.value ?? []).map(({ id }) => id));
      const link = (page.body as Record<string, unknown>)['@odata.nextLink'];
      if (typeof link !== 'string') return ids;
      page = await ask('GET', new URL(link).search);
    }
  };
  const before = await listed();
  expect(before).toContain(body.id);
  await stack.kill('gateway-1');
  await stack.untilBack('gateway-1');
  expect(await listed()).toEqual(before);
  expect((await ask('GET', `/${body.id ?? ''}`)).status).toBe(200);
}, 90_000);

/** Reads a live history until its final event. */
async function streamUntilFinal(
  callId: string,
  headers: Record<string, string> = {},
): Promise<{ id: string; event: Record<string, unknown> }[]> {
  const response = await stack.fetch(`${stack.file.gateway.url}/v1.0/communications/calls/${callId}/events`, {
    headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream', ...headers },
  });
  expect(response.status).toBe(200);
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    if (/^data: .*"final":true.*\n\n/m.test(text)) break;
  }
  return [...text.matchAll(/^id: (.*)\nevent: .*\ndata: (.*)\n\n/gm)].map(([, id = '', json = '']) => ({
    id,
    event: JSON.parse(json) as Record<string, unknown>,
  }));
}

async function simulator(method: string, path: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const url = `${stack.file.simulator?.url ?? ''}/simulator/${path}`;
  expect((await stack.fetch(url, { method, headers, body: JSON.stringify(body) })).ok).toBe(true);
}

it('says 202 only for what is on Kafka, else 503 with Retry-After; the same key makes it one call (G2, G7)', async () => {
  const key = { 'idempotency-key': randomUUID() };
  const pid = stack.pid('kafka-1') ?? 0;
  let location: string | null | undefined;
  await whileStopped(pid, async () => {
    const answer = await post(call(), key);
    expect(answer.status).toBe(503);
    location = answer.location;
    expect(answer.retryAfter).toMatch(/^\d+$/);
    expect(answer.body.error?.message).toContain('Idempotency-Key');
  });
  let taken: Answer | undefined;
  await until('it is taken again', async () => (taken = await post(call(), key)).status === 202, 60_000);
  const callId = taken?.body.id ?? '';
  expect(taken?.location).toBe(`${stack.file.gateway.url}/v1.0/communications/calls/${callId}`);
  // Who was refused could have looked there whether it was written all the same.
  expect(location).toBe(taken?.location);
  // Read as any consumer does: the command is there when the answer is.
  await until('the command is on Kafka', () => commands.of(callId).length > 0);
  const posts = async (): Promise<number> => {
    const response = await stack.fetch(`${stack.file.simulator?.url ?? ''}/simulator/posts`);
    const found = (await response.json()) as { posts: { callId: string }[] };
    return found.posts.filter((one) => one.callId === callId).length;
  };
  await until('it was dialled', async () => (await posts()) > 0, 60_000);
  await until('the call is there', async () => (await ask('GET', `/${callId}`)).status === 200, 60_000);
  expect(await posts()).toBe(1);
}, 180_000);
