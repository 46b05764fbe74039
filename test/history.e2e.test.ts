import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../apps/local-stack/src/places.js';
import { commandMessage, PlainProducer, PlainReader, type HistoryEvent } from './support/plain-kafka.js';
import { STACK_TIMEOUT_MS, StackForTests, until } from './support/stack-for-tests.js';

interface Golden {
  readonly given: readonly string[];
  readonly events: readonly { readonly type: string; readonly data: { readonly state?: string; readonly late?: boolean } }[];
  readonly unhandled: readonly string[];
}

/** A call of which Graph says nothing by itself. */
interface QuietCall {
  readonly callId: string;
  readonly graphCallId: string;
  readonly callbackUri: string;
}

const BODIES = join(PROJECT_ROOT, 'libs/graph/fixtures/notifications');
const GOLDEN = join(PROJECT_ROOT, 'apps/notification-ingest/fixtures/notifications');
const SAMPLES = readdirSync(BODIES);

let stack: StackForTests;
let events: PlainReader;
let deadLetters: PlainReader;
let commands: PlainProducer;

beforeAll(async () => {
  stack = await StackForTests.start({ environment: { 'graph-simulator': { SIMULATOR_ESTABLISH_MS: '3600000' } } });
  const { kafka, topicPrefix } = stack.file;
  events = await PlainReader.start(kafka.brokers, `${topicPrefix}events`);
  deadLetters = await PlainReader.start(kafka.brokers, `${topicPrefix}observations.dead-letter`);
  commands = await PlainProducer.start(kafka.brokers, `${topicPrefix}commands`);
}, STACK_TIMEOUT_MS);

afterAll(async () => {
  await Promise.all([commands, events, deadLetters].map((one) => one.stop()));
  await stack.stop();
});

async function quietCalls(count: number): Promise<QuietCall[]> {
  const { tenantId } = stack.file.caller;
  const request = readFileSync(join(PROJECT_ROOT, 'libs/graph/fixtures/create-call/seed-ex1-request.json'), 'utf8');
  const call = { ...(JSON.parse(request) as object), tenantId };
  const callIds = Array.from({ length: count }, () => randomUUID());
  await commands.send(...callIds.map((callId) => commandMessage('CreateCall', { callId, tenantId, call })));
  const created = await Promise.all(
    callIds.map((callId) => events.historyWith(callId, ({ type }) => type === 'CallCreated', 60_000)),
  );
  const answer = await stack.fetch(`${stack.file.simulator?.url ?? ''}/simulator/posts`);
  const { posts } = (await answer.json()) as { posts: { callId: string; body: { callbackUri: string } }[] };
  return callIds.map((callId, index) => ({
    callId,
    graphCallId: String(created[index]?.at(-1)?.data['graphCallId']),
    callbackUri: posts.find((post) => post.callId === callId)?.body.callbackUri ?? '',
  }));
}

async function deliver({ callbackUri }: QuietCall, raw: string): Promise<void> {
  const response = await stack.fetch(`${stack.file.simulator?.url ?? ''}/simulator/notifications`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ callbackUri, raw, headers: { 'X-Microsoft-Skype-Message-ID': randomUUID() } }),
  });
  expect(await response.json()).toMatchObject({ status: 202 });
}

/** A recorded body, as Graph would send it of this call. */
function bodyOf(sample: string, { graphCallId }: QuietCall): string {
  const body = readFileSync(join(BODIES, sample), 'utf8');
  const [, recordedId] = /"resource(?:Url)?": ?"[^"]*calls\/([\w-]+)/.exec(body) ?? [];
  return recordedId === undefined ? body : body.replaceAll(recordedId, graphCallId);
}

function about(call: QuietCall, resourceData: unknown, below = ''): string {
  const resourceUrl = `/communications/calls/${call.graphCallId}${below}`;
  return JSON.stringify({ value: [{ changeType: 'updated', resourceUrl, resourceData }] });
}

const reasonsOf = (callId: string): string[] =>
  deadLetters.of(callId).map(({ headers }) => String(headers['dead-letter-message']));
const afterCreation = (callId: string): HistoryEvent[] =>
  events.history(callId).slice(events.history(callId).findIndex(({ type }) => type === 'CallCreated') + 1);

it('makes of every recorded body the events that its golden file has, or a dead letter', async () => {
  const calls = await quietCalls(SAMPLES.length);
  const cases = SAMPLES.map((sample, index) => ({
    sample,
    call: calls[index]!,
    golden: JSON.parse(readFileSync(join(GOLDEN, sample), 'utf8')) as Golden,
  }));
  await Promise.all(
    cases.map(async ({ sample, call, golden }) => {
      for (const name of [...golden.given.map((given) => `${given}.json`), sample]) await deliver(call, bodyOf(name, call));
      await until(`${sample} is told`, () => {
        const told = afterCreation(call.callId).length;
        return told >= golden.given.length + golden.events.length && reasonsOf(call.callId).length >= golden.unhandled.length;
      });
    }),
  );
  const shown = (type: string, data: { readonly state?: unknown; readonly late?: unknown }): unknown[] => [
    type,
    data.state,
    data.late,
  ];
  for (const { sample, call, golden } of cases) {
    const told = afterCreation(call.callId).slice(golden.given.length);
    expect([sample, ...told.map(({ type, data }) => shown(type, data))]).toEqual([
      sample,
      ...golden.events.map(({ type, data }) => shown(type, data)),
    ]);
    expect([sample, ...reasonsOf(call.callId)]).toEqual([
      sample,
      ...golden.unhandled.map((why) => expect.stringContaining(why) as string),
    ]);
  }
}, 120_000);

it('puts aside what nobody knows, raw and with a reason for people, and goes on (G6)', async () => {
  const [call] = (await quietCalls(1)) as [QuietCall];
  const unknown = about(call, { '@odata.type': '#microsoft.graph.audioRoutingGroup' }, '/audioRoutingGroups/1');
  await deliver(call, unknown);
  await deliver(call, about(call, { state: 'established' }));
  await events.historyWith(call.callId, ({ data }) => data['state'] === 'established');
  await deadLetters.caughtUp();
  const [letter, ...others] = deadLetters.of(call.callId);
  expect(others).toEqual([]);
  expect((JSON.parse(String(letter?.value)) as { body: string }).body).toBe(unknown);
  expect(String(letter?.headers['dead-letter-reason'])).toBe('UNHANDLED_NOTIFICATION');
  expect(reasonsOf(call.callId)[0]).toContain('nobody knows what a notification of «audioRoutingGroups» means');
});

it('tells a roster of 2,000 participants whole, in one event (F44)', async () => {
  const [call] = (await quietCalls(1)) as [QuietCall];
  const participants = Array.from({ length: 2_000 }, () => ({ id: randomUUID(), metadata: 'x'.repeat(745) }));
  await deliver(call, about(call, participants, '/participants'));
  await deliver(call, about(call, { state: 'established' }));
  const history = await events.historyWith(call.callId, ({ data }) => data['state'] === 'established');
  const rosters = history.filter(({ type }) => type === 'RosterUpdated');
  expect(rosters.map(({ data }) => data['participants'])).toEqual([participants]);
  await deadLetters.caughtUp();
  expect(deadLetters.of(call.callId)).toEqual([]);
});
