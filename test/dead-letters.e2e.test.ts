import { jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { createPeerCall } from './support/peer-call.js';
import { PlainProducer, PlainReader, type PlainMessage } from './support/plain-kafka.js';
import { STACK_TIMEOUT_MS, StackForTests, until } from './support/stack-for-tests.js';

let stack: StackForTests;
let commands: PlainProducer;
let events: PlainReader;
let commandLog: PlainReader;
let deadLetters: PlainReader;

beforeAll(async () => {
  stack = await StackForTests.start({ environment: { 'graph-simulator': { SIMULATOR_TALK_MS: '100' } } });
  const { kafka, topicPrefix } = stack.file;
  commands = await PlainProducer.start(kafka.brokers, `${topicPrefix}commands`);
  events = await PlainReader.start(kafka.brokers, `${topicPrefix}events`);
  commandLog = await PlainReader.start(kafka.brokers, `${topicPrefix}commands`);
  deadLetters = await PlainReader.start(kafka.brokers, `${topicPrefix}commands.dead-letter`);
}, STACK_TIMEOUT_MS);

afterAll(async () => {
  await Promise.all([commands, events, commandLog, deadLetters].map((one) => one.stop()));
  await stack.stop();
});

function good(changes: object = {}): PlainMessage & { callId: string } {
  return createPeerCall(stack.file.caller.tenantId, { ...changes });
}

/** What cannot be taken as a command, by the reason that its dead letter must give. */
function poison(): [reason: string, message: PlainMessage][] {
  const envelope = JSON.parse(String(good().value)) as Record<string, unknown>;
  const with_ = (changes: object): string => JSON.stringify({ ...envelope, ...changes });
  return [
    ['NOT_JSON', { key: 'poison-1', value: '{"specversion":' }],
    ['NOT_JSON', { key: 'poison-2', value: Buffer.from([0xff, 0xfe, 0x00, 0x80]) }],
    ['TOO_DEEP', { key: 'deep', value: with_({ data: { deep: JSON.parse('['.repeat(900) + ']'.repeat(900)) as unknown } }) }],
    ['NO_VALUE', { key: 'poison-3', value: null }],
    ['NOT_A_CLOUDEVENT', { key: 'poison-4', value: '[1,2,3]' }],
    ['NOT_A_CLOUDEVENT', { key: 'poison-5', value: '{"hello":"world"}' }],
    ['NOT_A_CLOUDEVENT', { key: 'poison-6', value: with_({ specversion: '0.3' }) }],
    ['UNKNOWN_TYPE', { key: 'poison-7', value: with_({ type: 'OrderPizza' }) }],
    ['UNKNOWN_VERSION', { key: 'poison-8', value: with_({ dataschema: 'urn:callbus:schema/CreateCall/99' }) }],
    ['INVALID_MESSAGE', { key: 'poison-9', value: with_({ data: { callId: 'not a UUID' } }) }],
    ['INVALID_MESSAGE', { key: 'poison-10', value: with_({ data: null }) }],
    ['KEY_MISMATCH', { key: randomUUID(), value: good().value }],
    ['KEY_MISMATCH', { key: null, value: good().value, headers: { odd: [Buffer.from([0, 255]), 'twice'] } }],
  ];
}

it('places every good command and puts every bad one aside as it came, with its reason (G6)', async () => {
  const bad = poison();
  const goods = bad.map(() => good());
  await commands.send(...bad.flatMap(([, message], index) => [goods[index]!, { ...message }]));
  for (const { callId } of goods) {
    const history = await events.ended(callId);
    expect(history.at(-1)?.data['state']).toBe('terminated');
  }
  await until('all the poison is put aside', () => deadLetters.records.length >= bad.length);
  await Promise.all([commandLog.caughtUp(), deadLetters.caughtUp()]);
  expect(deadLetters.records).toHaveLength(bad.length);
  for (const letter of deadLetters.records) {
    const { headers } = letter;
    expect(String(headers['dead-letter-topic'])).toBe(`${stack.file.topicPrefix}commands`);
    const original = commandLog.records.find(
      ({ partition, offset }) =>
        String(headers['dead-letter-partition']) === String(partition) && String(headers['dead-letter-offset']) === offset,
    );
    expect([letter.key, letter.value]).toEqual([original?.key, original?.value]);
    expect(headers).toMatchObject(original?.headers ?? { missing: true });
  }
  const reasons = deadLetters.records.map(({ headers }) => String(headers['dead-letter-reason']));
  expect(reasons.toSorted()).toEqual(bad.map(([reason]) => reason).toSorted());
});

/** Kafka has null headers, and kafkajs writes them, were it not for measuring them first. */
async function sendWithNullHeaders(...messages: readonly object[]): Promise<void> {
  const measure = Buffer.byteLength.bind(Buffer);
  const spy = jest.spyOn(Buffer, 'byteLength').mockImplementation((value: unknown) => {
    return value === null ? 0 : measure(value as string);
  });
  try {
    await commands.send(...(messages as PlainMessage[]));
  } finally {
    spy.mockRestore();
  }
}

it('takes a command whose headers are null, and puts one aside as it came', async () => {
  const command = good();
  await sendWithNullHeaders(
    { key: 'null-headers', value: 'not JSON', headers: { strange: null, other: 'text' } },
    { ...command, headers: { strange: null } },
  );
  await events.ended(command.callId);
  await until('it is put aside', () => deadLetters.of('null-headers').length > 0);
  const [letter] = deadLetters.of('null-headers');
  expect(letter?.value?.toString()).toBe('not JSON');
  expect(String(letter?.headers['other'])).toBe('text');
  expect(letter?.headers).toMatchObject({ strange: null });
});

it('puts a command aside that gives a known call another body, and leaves the call alone', async () => {
  const first = good();
  await commands.send(first);
  await events.historyWith(first.callId, ({ type }) => type === 'CallCreated');
  const envelope = JSON.parse(String(first.value)) as { data: { call: object } };
  envelope.data.call = { ...envelope.data.call, subject: 'another' };
  await commands.send({ key: first.callId, value: JSON.stringify(envelope) }, first);
  await until('it is put aside', () => deadLetters.of(first.callId).length > 0);
  expect(String(deadLetters.of(first.callId)[0]?.headers['dead-letter-reason'])).toBe('CONFLICT');
  const history = await events.ended(first.callId);
  expect(history.filter(({ type }) => type === 'CallAccepted')).toHaveLength(1);
});

it('tells the history of a readable command whose call is invalid, with every fault, and no dead letter', async () => {
  const before = deadLetters.records.length;
  const invalid = good({ call: { '@odata.type': '#microsoft.graph.call', targets: [] } });
  await commands.send(invalid);
  const history = await events.ended(invalid.callId);
  expect(history.map(({ type }) => type)).toEqual(['CallCreationFailed']);
  const { reason, error } = history[0]?.data as { reason: string; error: { details: { path: string }[] } };
  expect(reason).toBe('invalid');
  expect(error.details.map(({ path }) => path)).toEqual(expect.arrayContaining(['call.targets', 'call.mediaConfig']));
  await deadLetters.caughtUp();
  expect(deadLetters.records).toHaveLength(before);
});
