import { createPeerCall } from './support/peer-call.js';
import { PlainProducer, PlainReader, type HistoryEvent } from './support/plain-kafka.js';
import { STACK_TIMEOUT_MS, StackForTests } from './support/stack-for-tests.js';

const KEEP_ALIVE_INTERVAL_MS = 1_000;

let stack: StackForTests;
let commands: PlainProducer;
let events: PlainReader;

beforeAll(async () => {
  stack = await StackForTests.start({
    environment: {
      'graph-simulator': { SIMULATOR_ESTABLISH_MS: '20', SIMULATOR_RING_MS: '30', SIMULATOR_TALK_MS: '500' },
      'call-dispatcher': {
        KEEP_ALIVE_INTERVAL_MS: String(KEEP_ALIVE_INTERVAL_MS),
        ESTABLISHING_MAX_MS: '1000',
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

/** Places a call whose callbacks are lost where they tell one of these states. */
async function placeWithout(states: readonly string[], script: object = {}): Promise<string> {
  const command = createPeerCall(stack.file.caller.tenantId);
  const { callId } = command;
  await control('script', 'PUT', { ...script, match: { callId } });
  for (const state of states) {
    await control('faults', 'POST', { on: 'callback', action: 'drop', times: null, match: { callId, state } });
  }
  await commands.send(command);
  return callId;
}

async function control(path: string, method: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const url = `${stack.file.simulator?.url ?? ''}/simulator/${path}`;
  const response = await stack.fetch(url, { method, headers, body: JSON.stringify(body) });
  expect([response.status, await response.text()]).toEqual([expect.any(Number), expect.not.stringContaining('faults:')]);
  expect(response.status).toBeLessThan(300);
}

function statesOf(history: readonly HistoryEvent[]): unknown[] {
  return history.filter(({ type }) => type === 'CallStateChanged').map(({ data }) => [data['state'], data['observedBy']]);
}

it('ends the history of a call whose last callbacks are lost, within one keep-alive interval and its confirmation', async () => {
  const callId = await placeWithout(['terminating', 'terminated']);
  const history = await events.ended(callId);
  expect(statesOf(history).at(-1)).toEqual(['terminated', 'reconciler']);
  expect(history.at(-1)?.data).toMatchObject({ final: true, late: false });
});

it('asks Graph for a call that never leaves establishing, and tells what it found', async () => {
  const callId = await placeWithout(['established'], { talkMs: 20_000 });
  const history = await events.historyWith(callId, ({ data }) => data['state'] === 'established');
  expect(statesOf(history)).toEqual([
    ['establishing', 'callback'],
    ['established', 'reconciler'],
  ]);
});

it('ends the history of a call of which nothing was ever heard', async () => {
  const callId = await placeWithout(['establishing', 'established', 'terminating', 'terminated']);
  expect(statesOf(await events.ended(callId)).at(-1)).toEqual(['terminated', 'reconciler']);
});
