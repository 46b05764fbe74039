import { jest } from '@jest/globals';
import type { Repair } from '@callbus/contracts';
import type { Consumer, ConsumerRunConfig, EachBatchPayload } from 'kafkajs';
import { Registry } from 'prom-client';
import type { AtUnreadable } from '../port/kafka-client.js';
import { KafkaMetrics } from '../telemetry/kafka-metrics.js';
import { PollLoops } from '../consume/poll-loop.js';
import { UnreadablePlaces } from '../consume/unreadable-places.js';
import { KafkajsConsumer } from './kafkajs-consumer.js';
import { KafkajsFollower } from './kafkajs-follower.js';
import { LOOK_AGAIN_MS } from './reader.js';

const TOPIC = 't';
const nothing = (): void => undefined;
let reports: string[];
const logger = { debug: nothing, info: nothing, warn: nothing, error: (_facts: object, text: string) => reports.push(text) };
const UNREADABLE = {
  offset: '0',
  timestamp: '0',
  unreadable: { firstOffset: '0', reason: 'its checksum is wrong', bytes: null },
};

beforeEach(() => {
  reports = [];
  jest.useFakeTimers();
});
afterEach(() => jest.useRealTimers());

/** A client whose group the test moves, with one partition that nobody can read. */
function group(atUnreadable: AtUnreadable = 'wait') {
  const listeners = new Map<string, (event: unknown) => void>();
  let run: ConsumerRunConfig | undefined;
  let hasGroup = true;
  const consumer = {
    events: { GROUP_JOIN: 'join', REBALANCING: 'rebalancing', CRASH: 'crash', END_BATCH_PROCESS: 'end' },
    on: (name: string, listener: (event: unknown) => void) => listeners.set(name, listener),
    connect: () => Promise.resolve(),
    subscribe: () => Promise.resolve(),
    run: (given: ConsumerRunConfig) => Promise.resolve(void (run = given)),
    disconnect: () => Promise.resolve(),
    seek: () => {
      if (!hasGroup) throw new Error('Consumer group was not initialized');
    },
    pause: nothing,
  } as unknown as Consumer;
  const batch = { topic: TOPIC, partition: 0, messages: [UNREADABLE], highWatermark: '1', lastOffset: () => '0' };
  const payload = {
    batch,
    pause: () => nothing,
    heartbeat: () => Promise.resolve(),
    isRunning: () => true,
    isStale: () => false,
  } as unknown as EachBatchPayload;
  const failures: unknown[] = [];
  let answer = Promise.withResolvers<Repair | null>();
  const unreadable = new UnreadablePlaces({ repairOf: () => answer.promise, logger });
  const parts = {
    loop: new PollLoops(1).begin(TOPIC),
    metrics: new KafkaMetrics(new Registry()),
    unreadable,
    logger,
    sessionTimeoutMs: 10_000,
  };
  const onFatal = (error: unknown): unknown => failures.push(error);
  const options = { topic: TOPIC, group: 'g', handler: () => Promise.resolve(), onRecord: nothing, onFatal, atUnreadable };
  return {
    failures,
    unreadable,
    follower: new KafkajsFollower(
      consumer,
      { ...options, standstillMs: 60_000 },
      { offsets: () => Promise.resolve([]), offsetsFrom: () => Promise.resolve(new Map()) },
      parts,
    ),
    consumer: new KafkajsConsumer(consumer, options, parts),
    join: (partitions: number[]) => listeners.get('join')?.({ payload: { memberAssignment: { [TOPIC]: partitions } } }),
    read: () => run?.eachBatch?.(payload),
    crash: () => (hasGroup = false),
    noOrder: () => {
      answer.resolve(null);
      answer = Promise.withResolvers();
    },
  };
}

it('a follower that looks again between a crash and the restart of its client goes on', async () => {
  const { follower, read, crash, noOrder } = group();
  await follower.start();
  const reading = read();
  noOrder();
  await reading;
  crash();
  await expect(jest.advanceTimersByTimeAsync(LOOK_AGAIN_MS)).resolves.toBeUndefined();
});

it('a follower that is stopped while an order is looked for holds nothing', async () => {
  const { follower, unreadable, read, noOrder } = group();
  await follower.start();
  const reading = read();
  await follower.stop();
  noOrder();
  await reading;
  expect([jest.getTimerCount(), unreadable.condition()]).toEqual([0, { ok: true }]);
});

it.each([
  ['loses its partition', ({ join }: ReturnType<typeof group>) => Promise.resolve(join([1]))],
  ['is stopped', ({ consumer }: ReturnType<typeof group>) => consumer.stop()],
])('a member of a group that %s while an order is looked for holds nothing', async (_what, happen) => {
  const one = group();
  await one.consumer.start();
  one.join([0]);
  const reading = one.read();
  await jest.advanceTimersByTimeAsync(0);
  await happen(one);
  one.noOrder();
  await reading;
  expect([jest.getTimerCount(), one.unreadable.condition()]).toEqual([0, { ok: true }]);
});

it.each(['follower', 'consumer'] as const)(
  'a %s that ends at an unreadable batch is not reported as one that waits',
  async (kind) => {
    const one = group('end');
    await one[kind].start();
    one.join([0]);
    const reading = one.read();
    await jest.advanceTimersByTimeAsync(0);
    one.noOrder();
    await reading;
    expect(one.failures).toMatchObject([{ code: 'UNREADABLE_BATCH' }]);
    expect([reports, one.unreadable.condition()]).toEqual([[], { ok: true }]);
  },
);

it.each(['follower', 'consumer'] as const)('a %s that waits at an unreadable batch is reported once', async (kind) => {
  const one = group();
  await one[kind].start();
  one.join([0]);
  for (let times = 0; times < 2; times += 1) {
    const reading = one.read();
    await jest.advanceTimersByTimeAsync(0);
    one.noOrder();
    await reading;
  }
  expect([one.failures, reports.length, one.unreadable.condition().ok]).toEqual([[], 1, false]);
  await one[kind].stop();
});
