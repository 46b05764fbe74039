import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { PlainReader } from './support/plain-kafka.js';
import { STACK_TIMEOUT_MS, StackForTests, until } from './support/stack-for-tests.js';

let stack: StackForTests;
let commands: PlainReader;
let token: string;

beforeAll(async () => {
  stack = await StackForTests.start({
    environment: { gateway: { GATEWAY_SEND_TIMEOUT_MS: '1000', GATEWAY_MAX_BODY_BYTES: '20000' } },
  });
  const { kafka, topicPrefix } = stack.file;
  commands = await PlainReader.start(kafka.brokers, `${topicPrefix}commands`);
  token = await stack.callerToken();
}, STACK_TIMEOUT_MS);

afterAll(async () => {
  await commands.stop();
  await stack.stop();
});

interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly location: string | null;
  readonly body: { id?: string; error?: { code: string; message: string; innerError: Record<string, string> } };
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

it('says 202 only for what is on Kafka, else 503 with Retry-After; the same key makes it one call (G2, G7)', async () => {
  const key = { 'idempotency-key': randomUUID() };
  const pid = stack.pid('kafka-1') ?? 0;
  process.kill(pid, 'SIGSTOP');
  try {
    const answer = await post(call(), key);
    expect(answer).toMatchObject({ status: 503, location: null });
    expect(answer.retryAfter).toMatch(/^\d+$/);
    expect(answer.body.error?.message).toContain('Idempotency-Key');
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  let taken: Answer | undefined;
  await until('it is taken again', async () => (taken = await post(call(), key)).status === 202, 60_000);
  const callId = taken?.body.id ?? '';
  expect(taken?.location).toBe(`${stack.file.gateway.url}/v1.0/communications/calls/${callId}`);
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
