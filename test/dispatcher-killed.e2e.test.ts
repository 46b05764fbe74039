import { createPeerCall } from './support/peer-call.js';
import { plainKafka, PlainProducer, PlainReader } from './support/plain-kafka.js';
import { STACK_TIMEOUT_MS, StackForTests, until } from './support/stack-for-tests.js';

const DISPATCHER = 'call-dispatcher-1';

let stack: StackForTests;
let commands: PlainProducer;
let commandLog: PlainReader;
let ledger: PlainReader;
let events: PlainReader;

beforeAll(async () => {
  stack = await StackForTests.start({
    restart: 'manual',
    environment: { 'graph-simulator': { SIMULATOR_TALK_MS: '100' } },
  });
  const { kafka, topicPrefix } = stack.file;
  commands = await PlainProducer.start(kafka.brokers, `${topicPrefix}commands`);
  commandLog = await PlainReader.start(kafka.brokers, `${topicPrefix}commands`);
  ledger = await PlainReader.start(kafka.brokers, `${topicPrefix}dispatch-ledger`);
  events = await PlainReader.start(kafka.brokers, `${topicPrefix}events`);
}, STACK_TIMEOUT_MS);

afterAll(async () => {
  await Promise.all([commands, commandLog, ledger, events].map((one) => one.stop()));
  await stack.stop();
});

function ledgerTypes(callId: string): string[] {
  return ledger.of(callId).map(({ value }) => (JSON.parse(String(value)) as { type: string }).type);
}

async function place(): Promise<string> {
  const command = createPeerCall(stack.file.caller.tenantId);
  await commands.send(command);
  return command.callId;
}

/** Puts the group's offsets to where they are as long as nothing of this record was committed. */
async function uncommit(group: string, topic: string, record: { partition: number; offset: string }): Promise<void> {
  const admin = plainKafka(stack.file.kafka.brokers).admin();
  await admin.connect();
  const { topicPrefix } = stack.file;
  const [groupId, name] = [`${topicPrefix}${group}`, `${topicPrefix}${topic}`];
  // What was killed is a member of the group until its session is over.
  await until(
    `${groupId} has no members`,
    async () => (await admin.describeGroups([groupId])).groups.every(({ members }) => members.length === 0),
    60_000,
  );
  await admin.setOffsets({ groupId, topic: name, partitions: [{ partition: record.partition, offset: record.offset }] });
  await admin.disconnect();
}

async function postsOf(callId: string): Promise<unknown[]> {
  const response = await stack.fetch(`${stack.file.simulator?.url ?? ''}/simulator/posts`);
  const { posts } = (await response.json()) as { posts: { callId: string }[] };
  return posts.filter((one) => one.callId === callId);
}

it('dials once and tells the whole history although it is killed after Created and before the commit (G1, G2)', async () => {
  const callId = await place();
  await until('Created is in the ledger', () => ledgerTypes(callId).includes('Created'));
  await stack.kill(DISPATCHER);
  await until('the command was read back', () => commandLog.of(callId).length > 0);
  await uncommit('call-dispatcher', 'commands', commandLog.of(callId)[0]!);
  await uncommit('call-dispatcher-relay', 'dispatch-ledger', ledger.of(callId)[0]!);
  await stack.restart(DISPATCHER);

  const history = await events.ended(callId);
  expect(history.map(({ sequence }) => sequence)).toEqual(history.map((_, index) => String(index + 1).padStart(10, '0')));
  expect(
    history
      .filter(({ type }) => type !== 'CallStateChanged')
      .map(({ type }) => type)
      .toSorted(),
  ).toEqual(['CallAccepted', 'CallCreated']);
  // A call that is placed afterwards goes the same way, so the redelivered command was taken before it or with it.
  await events.ended(await place());
  expect(await postsOf(callId)).toHaveLength(1);
  expect(ledgerTypes(callId).filter((type) => type === 'Intent')).toHaveLength(1);
}, 180_000);
