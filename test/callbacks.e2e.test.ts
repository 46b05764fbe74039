import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ServiceEntry } from '../apps/local-stack/src/stack-file.js';
import { commandMessage, PlainProducer, PlainReader } from './support/plain-kafka.js';
import { whileStopped } from './support/standstill.js';
import { STACK_TIMEOUT_MS, StackForTests, until } from './support/stack-for-tests.js';

interface Observed {
  readonly kind: string;
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
      'call-dispatcher': { KAFKA_SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT_MS) },
      gateway: { KAFKA_SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT_MS) },
    },
  });
  const { kafka, topicPrefix } = stack.file;
  observations = await PlainReader.start(kafka.brokers, `${topicPrefix}observations`);
  events = await PlainReader.start(kafka.brokers, `${topicPrefix}events`);
  const commands = await PlainProducer.start(kafka.brokers, `${topicPrefix}commands`);
  callId = randomUUID();
  const { tenantId } = stack.file.caller;
  const file = new URL('../libs/graph/fixtures/create-call/seed-ex1-request.json', import.meta.url);
  const call = { ...(JSON.parse(readFileSync(file, 'utf8')) as object), tenantId };
  await commands.send(commandMessage('CreateCall', { callId, tenantId, call }));
  await commands.stop();
  await events.historyWith(callId, ({ data }) => data['state'] === 'established');
  const { posts } = (await (await stack.fetch(simulator('posts'))).json()) as {
    posts: { callId: string; body: { callbackUri: string } }[];
  };
  callbackUri = posts.find((post) => post.callId === callId)?.body.callbackUri ?? '';
}, STACK_TIMEOUT_MS);

afterAll(async () => {
  await observations.stop();
  await events.stop();
  await stack.stop();
});

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

function stored(): Observed[] {
  return observations
    .of(callId)
    .map(({ value }) => JSON.parse(String(value)) as Observed)
    .filter(({ kind }) => kind === 'notification');
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

it('answers 400 to what is not JSON and 413 to what is too large', async () => {
  expect(await deliver({ raw: '{"value":' })).toMatchObject({ status: 400 });
  expect(await deliver({ rawBase64: Buffer.from([0x22, 0xff, 0x22]).toString('base64') })).toMatchObject({ status: 400 });
  expect(await deliver({ raw: JSON.stringify({ value: 'x'.repeat(100_001) }) })).toMatchObject({ status: 413 });
});

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
