import { randomUUID } from 'node:crypto';
import { createPeerCall } from './support/peer-call.js';
import { commandMessage, PlainProducer, PlainReader } from './support/plain-kafka.js';
import { STACK_TIMEOUT_MS, StackForTests, until } from './support/stack-for-tests.js';

const DISPATCHER = 'call-dispatcher-1';
const MAX_LIVE_CALLS = 2;
const MAX_CALLS_PER_MONTH = 4;

let stack: StackForTests;
let commands: PlainProducer;
let events: PlainReader;

beforeAll(async () => {
  stack = await StackForTests.start({
    environment: {
      'graph-simulator': { SIMULATOR_ESTABLISH_MS: '20', SIMULATOR_RING_MS: '30' },
      'call-dispatcher': {
        GRAPH_MAX_LIVE_CALLS: String(MAX_LIVE_CALLS),
        GRAPH_MAX_CALLS_PER_MONTH: String(MAX_CALLS_PER_MONTH),
        GRAPH_MAX_CONCURRENT_CREATES: '1',
      },
    },
  });
  const { kafka, topicPrefix } = stack.file;
  commands = await PlainProducer.start(kafka.brokers, `${topicPrefix}commands`);
  events = await PlainReader.start(kafka.brokers, `${topicPrefix}events`);
}, STACK_TIMEOUT_MS);

afterAll(async () => {
  await Promise.all([commands, events].map((one) => one.stop()));
  await stack.stop();
});

/** A tenant that nobody else calls: the limits count per app and tenant. @param talkMs null lets its calls last */
async function tenantWhoseCallsLast(talkMs: number | null): Promise<string> {
  const tenantId = randomUUID();
  await control('script', 'PUT', { talkMs, match: { tenantId } });
  return tenantId;
}

async function control(path: string, method: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const url = `${stack.file.simulator?.url ?? ''}/simulator/${path}`;
  const response = await stack.fetch(url, { method, headers, body: JSON.stringify(body) });
  expect(response.status).toBeLessThan(300);
}

async function place(tenantId: string, notAfterMs?: number): Promise<string> {
  const notAfter = notAfterMs === undefined ? {} : { notAfter: new Date(Date.now() + notAfterMs).toISOString() };
  const command = createPeerCall(tenantId, notAfter);
  await commands.send(command);
  return command.callId;
}

async function untilCreated(callId: string): Promise<void> {
  await events.historyWith(callId, ({ type }) => type === 'CallCreated');
}

async function untilAccepted(callId: string): Promise<void> {
  await events.historyWith(callId, ({ type }) => type === 'CallAccepted');
}

/** Waits for a command that was held back to expire. @returns why, in the words of its history */
async function whyExpired(callId: string): Promise<string> {
  const history = await events.ended(callId);
  const { reason, error } = history.at(-1)?.data as { reason: string; error: { message: string } };
  expect([reason, await postsOf(callId)]).toEqual(['expired', 0]);
  return error.message;
}

async function postsOf(callId: string): Promise<number> {
  const response = await stack.fetch(`${stack.file.simulator?.url ?? ''}/simulator/posts`);
  const { posts } = (await response.json()) as { posts: { callId: string }[] };
  return posts.filter((one) => one.callId === callId).length;
}

async function killDispatcher(): Promise<void> {
  await stack.kill(DISPATCHER);
  await stack.untilBack(DISPATCHER);
}

it('lets no more calls live at once than Graph does, also after kill -9: the rest wait their turn, or expire and say why', async () => {
  const tenantId = await tenantWhoseCallsLast(null);
  const live = [await place(tenantId), await place(tenantId)];
  for (const callId of live) await untilCreated(callId);

  expect(await whyExpired(await place(tenantId, 2_000))).toContain('GRAPH_MAX_LIVE_CALLS');
  await killDispatcher();
  expect(await whyExpired(await place(tenantId, 2_000))).toContain('GRAPH_MAX_LIVE_CALLS');

  const next = await place(tenantId);
  await untilAccepted(next);
  await commands.send(commandMessage('EndCall', { callId: live[0]!, tenantId }, randomUUID()));
  await untilCreated(next);
}, 120_000);

it('makes no more calls a month than Graph allows, also after kill -9, and says so', async () => {
  const tenantId = await tenantWhoseCallsLast(50);
  for (let calls = 0; calls < MAX_CALLS_PER_MONTH; calls += 1) await events.ended(await place(tenantId));

  expect(await whyExpired(await place(tenantId, 2_000))).toContain('GRAPH_MAX_CALLS_PER_MONTH');
  await killDispatcher();
  expect(await whyExpired(await place(tenantId, 2_000))).toContain('GRAPH_MAX_CALLS_PER_MONTH');
}, 120_000);

it('lets no tenant wait for one that Graph is slow for, or throttles', async () => {
  const [slow, throttled, quick] = [randomUUID(), randomUUID(), await tenantWhoseCallsLast(50)];
  await control('faults', 'POST', { on: 'create', action: 'hold', ms: 60_000, times: null, match: { tenantId: slow } });
  await control('faults', 'POST', {
    ...{ on: 'create', action: 'status', status: 429, headers: { 'Retry-After': '60' } },
    ...{ times: null, match: { tenantId: throttled } },
  });
  const kept = [await place(slow), await place(slow), await place(throttled)];
  const [held] = kept;
  await until('Graph is slow', async () => (await postsOf(held!)) === 1);

  for (let calls = 0; calls < MAX_CALLS_PER_MONTH; calls += 1) await events.ended(await place(quick));
  await events.caughtUp();
  for (const callId of kept) expect(events.history(callId).map(({ type }) => type)).not.toContain('CallCreated');
}, 120_000);
