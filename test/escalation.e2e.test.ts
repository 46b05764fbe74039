import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { callIdFor } from '@callbus/contracts';
import { PROJECT_ROOT } from '../apps/local-stack/src/places.js';
import { PlainReader } from './support/plain-kafka.js';
import { Program } from './support/program.js';
import { STACK_TIMEOUT_MS, StackForTests, until } from './support/stack-for-tests.js';

const LINE = join(PROJECT_ROOT, 'examples', 'dist', 'escalation', 'alert-line.js');
const RING_SECONDS = 4;

let stack: StackForTests;
let tenantId: string;
let events: PlainReader;

beforeAll(async () => {
  stack = await StackForTests.start();
  ({ tenantId } = stack.file.caller);
  events = await PlainReader.start(stack.file.kafka.brokers, `${stack.file.topicPrefix}events`);
}, STACK_TIMEOUT_MS);
afterAll(async () => {
  await events.stop();
  await stack.stop();
});

/** Two people: the first lets it ring for ever, the second takes the call. */
async function aPairOnCall(): Promise<{ alert: string; people: string[]; calls: string[] }> {
  const alert = `alert-${randomUUID()}`;
  const people = [randomUUID(), randomUUID()];
  const calls = people.map((id) => callIdFor(tenantId, '/alert-line', `${alert}/${id}`));
  await script({ ringMs: 600_000, match: { callId: calls[0] } });
  await script({ ringMs: 100, talkMs: 600_000, match: { callId: calls[1] } });
  return { alert, people, calls };
}

async function script(order: object): Promise<void> {
  const url = `${stack.file.simulator!.url}/simulator/script`;
  const headers = { 'content-type': 'application/json' };
  const { status } = await stack.fetch(url, { method: 'PUT', headers, body: JSON.stringify(order) });
  expect(status).toBeLessThan(300);
}

/** How often each of these calls was dialled. */
async function dials(calls: readonly string[]): Promise<number[]> {
  const answer = await stack.fetch(`${stack.file.simulator!.url}/simulator/posts`);
  const { posts } = (await answer.json()) as { posts: { callId: string }[] };
  return calls.map((callId) => posts.filter((post) => post.callId === callId).length);
}

function start(alert: string, people: readonly string[]): Program {
  return new Program(process.execPath, [LINE, alert, ...people], {
    KAFKA_BROKERS: stack.file.kafka.brokers.join(','),
    KAFKA_TOPIC_PREFIX: stack.file.topicPrefix,
    TENANT_ID: tenantId,
    RING_SECONDS: String(RING_SECONDS),
  });
}

it('hangs up when the first person does not answer and calls the next; raised again, it calls nobody again', async () => {
  const { alert, people, calls } = await aPairOnCall();
  const outcome = [`${people[0]} ${calls[0]} does not answer`, `${people[1]} ${calls[1]} answered`];
  expect(await start(alert, people).finished()).toEqual(outcome);
  const ended = await events.ended(calls[0]!);
  expect(ended.at(-1)?.data).toMatchObject({ state: 'terminated' });
  expect(ended.some(({ data }) => data['state'] === 'established')).toBe(false);

  expect(await start(alert, people).finished()).toEqual([`${people[0]} ${calls[0]} over`, `${people[1]} ${calls[1]} answered`]);
  expect(await dials(calls)).toEqual([1, 1]);
}, 60_000);

it('rings nobody twice when two of it have the same alert', async () => {
  const { alert, people, calls } = await aPairOnCall();
  const lines = await Promise.all([start(alert, people).finished(), start(alert, people).finished()]);
  expect(lines.map((one) => one.at(-1))).toEqual(Array(2).fill(`${people[1]} ${calls[1]} answered`));
  expect(await dials(calls)).toEqual([1, 1]);
}, 60_000);

it('goes on after a kill while the first person’s phone rings, and rings nobody twice', async () => {
  const { alert, people, calls } = await aPairOnCall();
  const killed = start(alert, people);
  await events.historyWith(calls[0]!, ({ data }) => data['state'] === 'establishing');
  await killed.end('SIGKILL');
  expect(killed.lines).toEqual([]);
  expect((await start(alert, people).finished()).at(-1)).toBe(`${people[1]} ${calls[1]} answered`);
  await events.ended(calls[0]!);
  expect(await dials(calls)).toEqual([1, 1]);
}, 60_000);

it('goes on after a kill between hanging up and the next call', async () => {
  const { alert, people, calls } = await aPairOnCall();
  const killed = start(alert, people);
  await until('the first person was given up', () => killed.lines.length > 0, 30_000);
  await killed.end('SIGKILL');
  expect((await start(alert, people).finished()).at(-1)).toBe(`${people[1]} ${calls[1]} answered`);
  await events.ended(calls[0]!);
  expect(await dials(calls)).toEqual([1, 1]);
}, 60_000);
