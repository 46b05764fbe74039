import { randomUUID } from 'node:crypto';
import { encodeRepair } from '@callbus/contracts';
import { eventually, newGroup, recordFor } from '../port/kafka-client.contract.js';
import type { KafkaClient, ReceivedRecord, UnreadableBatch } from '../port/kafka-client.js';
import { createKafkaClient } from './kafkajs-client.js';

const brokers = (process.env['CALLBUS_TEST_BROKERS'] ?? '').split(',');
const prefix = `unreadable-${randomUUID()}.`;
const repairsTopic = `${prefix}repairs`;
const MAX_BATCH_BYTES = 1024 * 1024;
/** Goes to Kafka compressed, as a few kilobytes. */
const BOMB = Buffer.alloc(2 * MAX_BATCH_BYTES);

const told: string[] = [];
const tell = (_fields: object, message: string): unknown => told.push(message);
const nothing = (): void => undefined;
const logger = { debug: nothing, info: nothing, warn: tell, error: tell } as const;

let client: KafkaClient;
let topic: string;
let topics = 0;
const cleanUps: (() => Promise<void>)[] = [];
const failures: unknown[] = [];
const onFatal = (error: unknown): unknown => failures.push(error);

beforeAll(async () => {
  client = createKafkaClient({
    brokers,
    clientId: 'test',
    logger: logger,
    maxBatchBytes: MAX_BATCH_BYTES,
    repairsTopic,
  });
  await client.admin().ensureTopics([{ topic: repairsTopic, partitions: 1, replicationFactor: 1, config: {} }]);
});
afterAll(() => client.close());

beforeEach(async () => {
  topic = `${prefix}${(topics += 1)}`;
  await client.admin().ensureTopics([{ topic, partitions: 2, replicationFactor: 1, config: {} }]);
  const sender = await client.sender();
  for (const [partition, value] of [
    [0, 'before'],
    [0, BOMB],
    [0, 'behind'],
    [1, 'beside'],
  ] as const)
    await sender.send([{ ...recordFor(topic, partition, 'key', ''), value }]);
  await sender.close();
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
  expect(failures.splice(0)).toEqual([]);
  expect(client.unreadable()).toEqual({ ok: true });
});

async function order(): Promise<void> {
  const repair = { topic, partition: 0, firstOffset: '1', lastOffset: '1', reason: 'a bomb', operator: 'me' };
  const sender = await client.sender();
  await sender.send([{ topic: repairsTopic, partition: 0, ...encodeRepair({ ...repair, time: new Date().toISOString() }) }]);
  await sender.close();
}

const valuesOf = (records: readonly ReceivedRecord[]): string[] => records.map(({ value }) => String(value)).toSorted();
const NAMED = { ok: false, reason: expect.stringMatching(/-.+\/0 offset 1 \(.*\): .*callbus topics repair/) };

it('a group puts aside at once what its producer wrote unreadable, and goes on', async () => {
  const handled: ReceivedRecord[] = [];
  const letters: (readonly [ReceivedRecord, unknown])[] = [];
  const consumer = await client.consume({
    topic,
    group: newGroup(),
    handler: (record) => Promise.resolve(void handled.push(record)),
    deadLetter: (record, error) => Promise.resolve(void letters.push([record, error])),
    onFatal,
  });
  cleanUps.push(() => consumer.stop());
  await eventually('it goes on', () => handled.length === 3);
  expect(valuesOf(handled)).toEqual(['before', 'behind', 'beside']);
  expect(letters).toMatchObject([[{ topic, partition: 0, offset: 1n, key: null }, { code: 'UNREADABLE_BATCH' }]]);
  // The batch as it is in the log: its header, and then what gzip made of it.
  expect(letters[0]?.[0].value?.subarray(61, 63)).toEqual(Buffer.from([0x1f, 0x8b]));
}, 60_000);

it('a group that has nowhere to put it waits, names it, goes on beside it, and behind it when an operator orders so', async () => {
  const handled: ReceivedRecord[] = [];
  const handler = (record: ReceivedRecord): Promise<void> => Promise.resolve(void handled.push(record));
  const consumer = await client.consume({ topic, group: newGroup(), handler, onFatal });
  cleanUps.push(() => consumer.stop());
  await eventually('it waits', () => handled.length === 2 && !client.unreadable().ok);
  expect(valuesOf(handled)).toEqual(['before', 'beside']);
  expect(client.unreadable()).toEqual(NAMED);
  expect(told.filter((line) => line.includes(`${topic}/0 offset 1`))).toHaveLength(1);
  await order();
  await eventually('it goes on', () => handled.length === 3);
  expect(valuesOf(handled)).toEqual(['before', 'behind', 'beside']);
}, 60_000);

it('a follower does so too, and caughtUp does not fail with FOLLOWER_LATE', async () => {
  const followed: ReceivedRecord[] = [];
  const passedOver: UnreadableBatch[] = [];
  const follower = await client.follow({
    topic,
    standstillMs: 500,
    onRecord: (record) => followed.push(record),
    onPassedOver: (batch) => passedOver.push(batch),
    onFatal,
  });
  cleanUps.push(() => follower.stop());
  await eventually('it waits', () => followed.length === 2 && !client.unreadable().ok);
  const caughtUp = follower.caughtUp();
  expect(client.unreadable()).toEqual(NAMED);
  await order();
  await caughtUp;
  expect(valuesOf(followed)).toEqual(['before', 'behind', 'beside']);
  expect(passedOver).toMatchObject([{ topic, partition: 0, firstOffset: 1n, lastOffset: 1n }]);
  expect(follower.position(0)).toBe(3n);
}, 60_000);

it('a reader with «end» ends there, with the place and the fix in its error', async () => {
  const ended = Promise.withResolvers<unknown>();
  const consumer = await client.consume({
    topic,
    group: newGroup(),
    handler: () => Promise.resolve(),
    atUnreadable: 'end',
    onFatal: ended.resolve,
  });
  cleanUps.push(() => consumer.stop());
  const message = expect.stringMatching(/\/0 offset 1: .*callbus topics repair/) as string;
  expect(await ended.promise).toMatchObject({ code: 'UNREADABLE_BATCH', message });
  const failed = Promise.withResolvers<unknown>();
  const follower = await client.follow({ topic, onRecord: nothing, atUnreadable: 'end', onFatal: failed.resolve });
  cleanUps.push(() => follower.stop());
  expect(await failed.promise).toMatchObject({ code: 'UNREADABLE_BATCH', message });
}, 60_000);
