import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ServiceEntry } from '../apps/local-stack/src/stack-file.js';
import { commandMessage, PlainProducer, PlainReader, type PlainRecord } from './support/plain-kafka.js';
import { whileStopped } from './support/standstill.js';
import { STACK_TIMEOUT_MS, StackForTests, until } from './support/stack-for-tests.js';
import { storedBody } from './support/stored-body.js';

interface Observed {
  readonly kind: string;
  readonly id: string;
  readonly answers?: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly claims: Readonly<Record<string, string>>;
}

interface Health {
  readonly status: number;
  readonly conditions: Readonly<Record<string, { readonly ok: boolean; readonly reason?: string }>>;
}

const SESSION_TIMEOUT_MS = 5_000;
const LOOP_LIMIT_MS = 3 * SESSION_TIMEOUT_MS;
const PROBE_TIMEOUT_MS = 1_000;

let stack: StackForTests;
let observations: PlainReader;
let events: PlainReader;
let snapshots: PlainReader;
let deadLetters: PlainReader;
let commands: PlainProducer;
let callId: string;
let callbackUri: string;

beforeAll(async () => {
  stack = await StackForTests.start({
    environment: {
      'graph-simulator': { SIMULATOR_TALK_MS: '600000' },
      'notification-receiver': {
        CALLBACK_STORE_TIMEOUT_MS: '2000',
        CALLBACK_MAX_BODY_BYTES: '100000',
        SHUTDOWN_DELAY_MS: '3000',
        KAFKA_SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT_MS),
      },
      'notification-sequencer': { KAFKA_SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT_MS) },
      'call-dispatcher': { KAFKA_SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT_MS), UNREAD_CALLBACK_LOOK_UP_MS: '500' },
      gateway: { KAFKA_SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT_MS) },
    },
  });
  const { kafka, topicPrefix } = stack.file;
  observations = await PlainReader.start(kafka.brokers, `${topicPrefix}observations`);
  events = await PlainReader.start(kafka.brokers, `${topicPrefix}events`);
  snapshots = await PlainReader.start(kafka.brokers, `${topicPrefix}snapshots`);
  deadLetters = await PlainReader.start(kafka.brokers, `${topicPrefix}observations.dead-letter`);
  commands = await PlainProducer.start(kafka.brokers, `${topicPrefix}commands`);
  callId = randomUUID();
  await place(callId);
  await events.historyWith(callId, ({ data }) => data['state'] === 'established');
  const { posts } = (await (await stack.fetch(simulator('posts'))).json()) as {
    posts: { callId: string; body: { callbackUri: string } }[];
  };
  callbackUri = posts.find((post) => post.callId === callId)?.body.callbackUri ?? '';
}, STACK_TIMEOUT_MS);

afterAll(async () => {
  await Promise.all([observations, events, snapshots, deadLetters, commands].map((one) => one.stop()));
  await stack.stop();
});

async function place(id: string): Promise<void> {
  const { tenantId } = stack.file.caller;
  const file = new URL('../libs/graph/fixtures/create-call/seed-ex1-request.json', import.meta.url);
  const call = { ...(JSON.parse(readFileSync(file, 'utf8')) as object), tenantId };
  await commands.send(commandMessage('CreateCall', { callId: id, tenantId, call }));
}

async function control(path: string, method: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const { status } = await stack.fetch(simulator(path), { method, headers, body: JSON.stringify(body) });
  expect(status).toBeLessThan(300);
}

function simulator(path: string): string {
  return `${stack.file.simulator?.url ?? ''}/simulator/${path}`;
}

/** Has Graph's side deliver a callback. @returns the ingest's answer */
async function deliver(order: Record<string, unknown>): Promise<{ status: number; headers: Record<string, string> }> {
  const response = await stack.fetch(simulator('notifications'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ callbackUri, ...order }),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as { status: number; headers: Record<string, string> };
}

async function healthOf({ managementUrl }: ServiceEntry, path: string, timeoutMs = 5_000): Promise<Health> {
  const response = await fetch(`${managementUrl}${path}`, { signal: AbortSignal.timeout(timeoutMs) });
  return { status: response.status, ...((await response.json()) as Pick<Health, 'conditions'>) };
}

function observed(): Observed[] {
  return observations.of(callId).map(({ value }) => JSON.parse(String(value)) as Observed);
}

function stored(): Observed[] {
  return observed().filter(({ kind }) => kind === 'notification');
}

it('stores the exact bytes of a callback with what is worth keeping of its headers, and then answers 202 (G3)', async () => {
  const raw = `{ "value" : [],\r\n "odd": "\\u00e9 é 𝄞 \u2028",  "n": 1.0e2 }\n`;
  const message = randomUUID();
  const headers = { 'X-Microsoft-Skype-Message-ID': message, 'Client-Request-Id': 'request-1' };
  expect(await deliver({ raw, headers })).toMatchObject({ status: 202 });
  await until('it is on Kafka', () => stored().some(({ body }) => body === raw));
  const found = stored().find(({ body }) => body === raw);
  expect(found?.headers).toMatchObject({ 'x-microsoft-skype-message-id': message, 'client-request-id': 'request-1' });
  expect(found?.claims['tid']).toBe(stack.file.caller.tenantId);
  expect(JSON.stringify(found).toLowerCase()).not.toContain('bearer');
});

it.each([
  ['no token', { sign: 'absent' }],
  ['a token without a signature', { sign: 'alg-none' }],
  ['a token signed with a public key as a secret', { sign: 'hs256' }],
  ['a token of a foreign key', { sign: 'foreign' }],
  ['a token for another app', { claims: { aud: randomUUID() } }],
  ['a token of another tenant', { claims: { tid: randomUUID() } }],
  ['a token of another issuer', { claims: { iss: 'https://example.com' } }],
  ['a token that has expired', { claims: { exp: 1_600_000_000 } }],
  ['a token without an end', { claims: { exp: null } }],
])('answers 401 to %s and stores nothing', async (_what, order) => {
  const raw = `{"forged":"${randomUUID()}"}`;
  expect(await deliver({ raw, ...order })).toMatchObject({ status: 401 });
  // What is stored afterwards is in the log behind whatever was stored before.
  const marker = `{"marker":"${randomUUID()}"}`;
  await deliver({ raw: marker });
  await until('the next callback is on Kafka', () => stored().some(({ body }) => body === marker));
  expect(stored().some(({ body }) => body === raw)).toBe(false);
});

it('knows no address but those that were given out', async () => {
  const forged = callbackUri.replace(callId, randomUUID());
  expect(await deliver({ body: { value: [] }, callbackUri: forged })).toMatchObject({ status: 404 });
  const otherAttempt = callbackUri.replace(/\/1\/([^/]+)$/, '/2/$1');
  expect(await deliver({ body: { value: [] }, callbackUri: otherAttempt })).toMatchObject({ status: 404 });
});

it('answers 202 to an unreadable callback and puts it aside byte for byte, and 413 to one that is too large', async () => {
  const odd = ['{"value":', '{"value":[{"resourceUrl":"x"}]} trailing'].map((text) => Buffer.from(text));
  for (const bytes of [...odd, Buffer.from([0x22, 0xff, 0x22])]) {
    expect(await deliver({ rawBase64: bytes.toString('base64') })).toMatchObject({ status: 202 });
    const isIt = (record: PlainRecord): boolean => storedBody(record).equals(bytes);
    await until('it is aside', () => deadLetters.of(callId).some(isIt));
    const record = observations.of(callId).find(isIt);
    expect(
      deadLetters
        .of(callId)
        .find(isIt)
        ?.value?.equals(record?.value ?? Buffer.alloc(0)),
    ).toBe(true);
  }
  expect(await deliver({ raw: JSON.stringify({ value: 'x'.repeat(100_001) }) })).toMatchObject({ status: 413 });
});

it('asks Graph for a call whose callbacks have no body, and shows the answers in the history, up to the end', async () => {
  const emptied = randomUUID();
  await control('script', 'PUT', { talkMs: 3_000, match: { callId: emptied } });
  for (const state of ['established', 'terminating', 'terminated'])
    await control('faults', 'POST', { on: 'callback', action: 'empty', match: { callId: emptied, state } });
  await place(emptied);
  const history = await events.ended(emptied);
  const told = history.filter(({ type }) => type === 'CallStateChanged').map(({ data }) => [data['state'], data['observedBy']]);
  expect(told).toEqual(
    expect.arrayContaining([
      ['establishing', 'callback'],
      ['established', 'reconciler'],
      ['terminated', 'reconciler'],
    ]),
  );
  expect(deadLetters.of(emptied)).toEqual([]);
});

it('asks Graph after the last callback without a body, also when the dispatcher dies before it asks', async () => {
  const dispatcher = stack.service('call-dispatcher-1');
  const before = stored().length;
  await whileStopped(dispatcher.pid, async () => {
    for (let sent = 0; sent < 3; sent += 1) expect(await deliver({ rawBase64: '' })).toMatchObject({ status: 202 });
    await until('they are on Kafka', () => stored().length === before + 3);
    const mark = (): string => String(snapshots.of(callId).at(-1)?.value);
    await until('the snapshot names the last one', () => mark().includes(`"unreadCallbackId":"${String(stored().at(-1)?.id)}"`));
    await stack.kill('call-dispatcher-1');
  });
  const last = stored().at(-1)?.id;
  const answers = (): (string | undefined)[] => observed().flatMap((one) => (one.answers === undefined ? [] : [one.answers]));
  await until('the history is told what Graph said', () => answers().includes(String(last)), 60_000);
  expect(
    answers().filter((id) =>
      stored()
        .slice(-3)
        .some((one) => one.id === id),
    ),
  ).toEqual([last]);
}, 120_000);

it('answers 503 with Retry-After while Kafka is away, and 202 when it is back (G3, G7)', async () => {
  const raw = `{"while":"away ${randomUUID()}"}`;
  const pid = stack.pid('kafka-1') ?? 0;
  const services = stack.current().processes.filter(({ name }) => !name.startsWith('graph-simulator'));
  await whileStopped(pid, async () => {
    const goneAtMs = performance.now();
    const answer = await deliver({ raw });
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toMatch(/^\d+$/);
    // Longer than a loop that reads may stand still.
    await until(
      'Kafka has been away for long, and everybody knows',
      async () => {
        const health = await Promise.all(
          services.map(async (service) => [service.name, await healthOf(service, '/livez')] as const),
        );
        expect(health.filter(([, { status }]) => status !== 200)).toEqual([]);
        const ready = await Promise.all(services.map((service) => healthOf(service, '/readyz')));
        return performance.now() - goneAtMs > LOOP_LIMIT_MS + 2_000 && ready.every(({ status }) => status === 503);
      },
      60_000,
    );
    for (const service of services) {
      const { conditions } = await healthOf(service, '/readyz');
      expect([service.name, conditions]).toMatchObject([
        service.name,
        { 'kafka sender': { ok: false, reason: expect.any(String) } },
      ]);
      expect((await healthOf(service, '/startupz')).status).toBe(200);
    }
  });
  await until(
    'all are ready again, with nothing to send',
    async () =>
      (await Promise.all(services.map((service) => healthOf(service, '/readyz')))).every(({ status }) => status === 200),
    60_000,
  );
  await until('it is taken again', async () => (await deliver({ raw })).status === 202, 60_000);
  await until('it is on Kafka', () => stored().some(({ body }) => body === raw));
}, 180_000);

it('answers no probe while it is stopped, and is ready again by itself', async () => {
  const sequencer = stack.service('notification-sequencer-1');
  await whileStopped(sequencer.pid, async () => {
    await expect(healthOf(sequencer, '/livez', PROBE_TIMEOUT_MS)).rejects.toThrow(/timeout/);
  });
  await until('it is ready again', async () => (await healthOf(sequencer, '/readyz')).status === 200, 60_000);
  expect(stack.pid('notification-sequencer-1')).toBe(sequencer.pid);
});

it('is not ready before it takes no more, when it is told to stop', async () => {
  const receiver = stack.service('notification-receiver-1');
  process.kill(receiver.pid, 'SIGTERM');
  await until('it drains', async () => (await healthOf(receiver, '/readyz')).status === 503);
  expect((await healthOf(receiver, '/readyz')).conditions).toMatchObject({ draining: { ok: false } });
  const late = await deliver({ raw: `{"late":"${randomUUID()}"}` });
  expect(late).toMatchObject({ status: 202, headers: { connection: 'close' } });
  expect((await healthOf(receiver, '/livez')).status).toBe(200);
  await until('it is gone', () => stack.pid('notification-receiver-1') !== receiver.pid);
});
