import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { jest } from '@jest/globals';
import { Registry } from 'prom-client';
import { describeKafkaClient, eventually, newGroup, recordFor } from '../port/kafka-client.contract.js';
import type { KafkaClient } from '../port/kafka-client.js';
import { createKafkaClient } from './kafkajs-client.js';

const brokers = (process.env['CALLBUS_TEST_BROKERS'] ?? '').split(',');
const nothing = (): void => undefined;
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const registry = new Registry();
const prefix = `int-${randomUUID()}.`;

type Produce = (this: unknown, request: ProduceRequest) => Promise<unknown>;
interface ProduceRequest {
  readonly topicData: readonly { readonly topic: string; readonly partitions: readonly { readonly partition: number }[] }[];
}

interface Cluster {
  findGroupCoordinatorMetadata(options: object): Promise<object>;
}

interface Group {
  memberId: string | null;
  getNodeIds(): readonly number[];
  joinAndSync(): Promise<void>;
  leave(): Promise<void>;
}

let client: KafkaClient;
let topics = 0;

beforeAll(() => {
  client = createKafkaClient({ brokers, clientId: 'test', logger, registry });
});
afterAll(() => client.close());

async function newTopic(config: Record<string, string> = {}): Promise<string> {
  const topic = `${prefix}${(topics += 1)}`;
  const stamped = { 'message.timestamp.type': 'LogAppendTime', ...config };
  await client.admin().ensureTopics([{ topic, partitions: 3, replicationFactor: 1, config: stamped }]);
  // Not before each partition has its leader: a send is repeated whole while one of them takes nothing.
  await client.admin().offsets(topic);
  return topic;
}

const cleanUps: (() => Promise<void>)[] = [];

/** What a test opens is closed after it, however it ends. */
async function opened<T extends { close(): Promise<void> } | { stop(): Promise<void> }>(opening: Promise<T>): Promise<T> {
  const one = await opening;
  cleanUps.push(() => ('stop' in one ? one.stop() : one.close()));
  return one;
}

afterEach(async () => {
  jest.restoreAllMocks();
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

describeKafkaClient('kafkajs', { client: () => client, topic: () => newTopic() });

describe('the traps of kafkajs', () => {
  it('a follower catches up where a transaction wrote last, and where nothing but its markers is left', async () => {
    const topic = await newTopic();
    const { Kafka, logLevel } = await import('kafkajs');
    const producer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).producer({
      transactionalId: topic,
      maxInFlightRequests: 1,
      idempotent: true,
    });
    await producer.connect();
    for (const [partition, ending] of [
      [0, 'commit'],
      [1, 'abort'],
    ] as const) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ partition, key: 'k', value: 'v' }] });
      await transaction[ending]();
    }
    await producer.disconnect();
    const records: unknown[] = [];
    const onRecord = (record: unknown): unknown => records.push(record);
    const follower = await opened(client.follow({ topic, standstillMs: 5_000, onRecord, onFatal: nothing }));
    await follower.caughtUp();
    expect([records.length, follower.position(0), follower.position(1), follower.lag()]).toEqual([1, 2n, 2n, 0]);
  });

  it.each([
    ['returns to its group as the member that it was', false],
    ['starts again also when Kafka names no coordinator of its group at first', true],
  ])('a consumer that crashed %s', async (_what, isWithoutCoordinator) => {
    const topic = await newTopic();
    const require = createRequire(import.meta.url);
    const { prototype } = require('kafkajs/src/consumer/consumerGroup.js') as { prototype: Group };
    const { prototype: cluster } = require('kafkajs/src/cluster/index.js') as { prototype: Cluster };
    const { KafkaJSGroupCoordinatorNotFound } = require('kafkajs/src/errors.js') as Record<string, new (what: string) => Error>;
    const joinAndSync = Reflect.get(prototype, 'joinAndSync');
    const joined: (string | null)[] = [];
    const fatal: unknown[] = [];
    jest.spyOn(prototype, 'joinAndSync').mockImplementation(async function (this: Group) {
      await joinAndSync.call(this);
      joined.push(this.memberId);
    });
    const read: string[] = [];
    const onRecord = ({ value }: { value: Buffer | null }): unknown => read.push(String(value));
    await opened(client.follow({ topic, onRecord, onFatal: (error) => fatal.push(error) }));
    await eventually('it has joined', () => joined.length === 1);
    // As while the only broker is away: there is none to fetch from, and none takes the goodbye.
    jest.spyOn(prototype, 'leave').mockRejectedValueOnce(new Error('no broker'));
    jest.spyOn(prototype, 'getNodeIds').mockReturnValueOnce([99]).mockReturnValueOnce([]);
    const coordinator = jest.spyOn(cluster, 'findGroupCoordinatorMetadata');
    if (isWithoutCoordinator) coordinator.mockRejectedValueOnce(new KafkaJSGroupCoordinatorNotFound!('none'));
    const sender = await opened(client.sender());
    await eventually('it has joined again, or ended', () => joined.length === 2 || fatal.length > 0);
    expect(fatal).toEqual([]);
    await sender.send([recordFor(topic, 0, 'a', 'after the crash')]);
    await eventually('it reads on', () => read.length === 1);
    expect(joined[1]).toBe(joined[0]);
  });

  it('T1: writes what an answer left out, though the client called it sent', async () => {
    const topic = await newTopic();
    const { prototype } = createRequire(import.meta.url)('kafkajs/src/broker') as { prototype: { produce: Produce } };
    const produce = Reflect.get(prototype, 'produce');
    let hasStruck = false;
    // As after a leader that moved: the request goes out without one of the partitions, and so comes the answer.
    const spy = jest.spyOn(prototype, 'produce').mockImplementation(function (this: unknown, request) {
      const isOurs = !hasStruck && request.topicData.some((one) => one.topic === topic);
      if (!isOurs) return produce.call(this, request);
      hasStruck = true;
      const topicData = request.topicData.map((one) => ({
        ...one,
        partitions: one.partitions.filter(({ partition }) => partition !== 1),
      }));
      return produce.call(this, { ...request, topicData });
    });
    const sender = await opened(client.sender());
    const sent = await sender.send([0, 1, 2, 1].map((partition, index) => recordFor(topic, partition, 'a', `${index}`)));
    spy.mockRestore();
    expect(hasStruck).toBe(true);
    expect(await registry.getSingleMetricAsString('callbus_kafka_produce_mismatches_total')).toMatch(/_total 1$/m);
    expect(sent.map(({ partition, offset }) => [partition, offset])).toEqual([
      [0, 0n],
      [1, 0n],
      [2, 0n],
      [1, 1n],
    ]);
    const read: string[] = [];
    const follower = await opened(
      client.follow({
        topic,
        onRecord: ({ partition, value }) => read.push(`${partition}:${String(value)}`),
        onFatal: nothing,
      }),
    );
    await follower.caughtUp();
    expect(read.toSorted()).toEqual(['0:0', '1:1', '1:3', '2:2']);
  });

  it('T3: sends whatever header it is given, though the types were not kept to', async () => {
    const topic = await newTopic();
    const headers = { number: 1, truth: true, object: { a: [1] }, nothing: null, absent: undefined, text: 'é' };
    const sender = await opened(client.sender());
    await sender.send([{ topic, partition: 0, key: 'a', value: 'x', headers: headers as unknown as Record<string, string> }]);
    const read: Record<string, unknown>[] = [];
    const follower = await opened(client.follow({ topic, onRecord: (record) => read.push(record.headers), onFatal: nothing }));
    await follower.caughtUp();
    const asText = Object.fromEntries(Object.entries(read[0] ?? {}).map(([name, value]) => [name, String(value)]));
    expect(asText).toEqual({ number: '1', truth: 'true', object: '{"a":[1]}', nothing: 'null', text: 'é' });
    expect(read[0]).toMatchObject({ nothing: null });
  });

  it('T4: begins at the log’s start, not at its end, when its offset is gone, and says so under a code', async () => {
    const topic = await newTopic();
    const group = newGroup();
    const sender = await opened(client.sender());
    await sender.send(['1', '2', '3'].map((value) => recordFor(topic, 0, value, value)));
    const { Kafka, logLevel } = await import('kafkajs');
    const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.setOffsets({ groupId: group, topic, partitions: [{ partition: 0, offset: '99' }] });
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '1' }] });
    await admin.disconnect();
    const handled: string[] = [];
    const alerts: object[] = [];
    const alarmed = { ...logger, error: (fields: object): void => void alerts.push(fields) };
    const watched = await opened(Promise.resolve(createKafkaClient({ brokers, clientId: 'test', logger: alarmed })));
    await opened(
      watched.consume({
        topic,
        group,
        handler: ({ value }) => {
          handled.push(String(value));
          return Promise.resolve();
        },
        onFatal: nothing,
      }),
    );
    await eventually('what is still there came', () => handled.length === 2);
    expect(handled).toEqual(['2', '3']);
    expect(alerts).toEqual([expect.objectContaining({ code: 'RECORDS_GONE', topic, partition: 0, groupId: group })]);
  });

  it('T6: lets the other keys and partitions of a fetch go on while one record takes long', async () => {
    const topic = await newTopic();
    const { promise: released, resolve: release } = Promise.withResolvers<null>();
    const handled: string[] = [];
    const sender = await opened(client.sender());
    const quick = [0, 0, 1, 2].map((partition, index) => recordFor(topic, partition, `key-${index}`, 'quick'));
    await sender.send([recordFor(topic, 0, 'slow', 'slow'), ...quick, recordFor(topic, 0, 'slow', 'behind')]);
    await opened(
      client.consume({
        topic,
        group: newGroup(),
        handler: async ({ value }) => {
          if (String(value) === 'slow') await released;
          handled.push(String(value));
        },
        onFatal: nothing,
      }),
    );
    await eventually('the others are handled', () => handled.length === quick.length);
    expect(handled).toEqual(quick.map(() => 'quick'));
    release(null);
    await eventually('the slow ones are too', () => handled.length === quick.length + 2);
    expect(handled.slice(-2)).toEqual(['slow', 'behind']);
  });

  it('T7: keeps its partitions while a record takes longer than the session', async () => {
    const topic = await newTopic();
    const sessionTimeoutMs = 6_000;
    const assignments: unknown[] = [];
    let hasBegun = false;
    let isDone = false;
    const sender = await opened(client.sender());
    await sender.send([recordFor(topic, 0, 'a', '1')]);
    const group = newGroup();
    const impatient = await opened(Promise.resolve(createKafkaClient({ brokers, clientId: 'test', logger, sessionTimeoutMs })));
    await opened(
      impatient.consume({
        topic,
        group,
        handler: async () => {
          expect(hasBegun).toBe(false);
          hasBegun = true;
          await new Promise((resolve) => setTimeout(resolve, sessionTimeoutMs + 1_500));
          isDone = true;
        },
        onAssigned: (partitions) => {
          assignments.push(partitions);
        },
        onFatal: nothing,
      }),
    );
    await eventually('it is done', () => isDone);
    await eventually('it is committed', async () => (await client.admin().committed(group, topic)).get(0) === 1n);
    expect(assignments).toHaveLength(1);
  });

  it('T9: puts a record without a key where it was told to, each time', async () => {
    const topic = await newTopic();
    const sender = await opened(client.sender());
    const sent = await sender.send(Array.from({ length: 50 }, (_, index) => recordFor(topic, index % 3, null, `${index}`)));
    expect(sent.map(({ partition }) => partition)).toEqual(sent.map((_, index) => index % 3));
    const ranges = await client.admin().offsets(topic);
    expect(ranges.map(({ end }) => Number(end)).toSorted()).toEqual([16, 17, 17]);
  });

  it('T10: tries as often as it was told to, though the client would follow NODE_ENV', async () => {
    expect(process.env['NODE_ENV']).toBe('test');
    const retries: unknown[] = [];
    const note = (fields: object): void => {
      if ('retryCount' in fields) retries.push(fields.retryCount);
    };
    const noted = { ...logger, debug: note, info: note, warn: note };
    const away = createKafkaClient({ brokers: ['127.0.0.1:1'], clientId: 'test', logger: noted });
    await expect(away.sender()).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect(Math.max(...retries.map(Number))).toBe(8);
    await away.close();
  }, 60_000);

  it('T11: sets next to no timers while it has nothing to do', async () => {
    const topic = await newTopic();
    const sender = await opened(client.sender());
    const consumer = await opened(
      client.consume({ topic, group: newGroup(), handler: () => Promise.resolve(), onFatal: nothing }),
    );
    await sender.send([recordFor(topic, 0, 'a', '1')]);
    await eventually('it is assigned', () => consumer.condition().ok);
    const spy = jest.spyOn(globalThis, 'setTimeout');
    const begunAt = performance.now();
    await new Promise((resolve) => {
      setInterval(resolve, 2_000).unref();
    });
    const perSecond = spy.mock.calls.length / ((performance.now() - begunAt) / 1_000);
    const negative = spy.mock.calls.filter(([, ms]) => (ms ?? 0) < 0);
    spy.mockRestore();
    expect(negative).toEqual([]);
    expect(perSecond).toBeLessThan(60);
  });
});
