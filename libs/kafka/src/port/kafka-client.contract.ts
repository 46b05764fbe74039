import { randomUUID } from 'node:crypto';
import { KafkaError } from './errors.js';
import type {
  FollowOptions,
  KafkaClient,
  OutgoingRecord,
  ReceivedRecord,
  RecordConsumer,
  RecordSender,
  SentRecord,
  TopicFollower,
  Tries,
} from './kafka-client.js';

/** @typeParam Part what of the port the implementation has */
export interface ContractSubject<Part extends keyof KafkaClient = keyof KafkaClient> {
  readonly client: () => Pick<KafkaClient, Part>;
  /** A fresh topic of three partitions whose records the broker stamps. */
  readonly topic: () => Promise<string>;
}

const PARTITIONS = [0, 1, 2];

export function recordFor(topic: string, partition: number, key: string | null, value: string): OutgoingRecord {
  return { topic, partition, key, value };
}

/** Waits for a condition without a fixed time. @throws after 20 s, naming it */
export async function eventually(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export function newGroup(): string {
  return `test-${randomUUID()}`;
}

/** What an implementation of the port must do, whichever client library is behind it. */
export function describeKafkaClient(name: string, subject: ContractSubject): void {
  describeSender(name, subject);
  describeConsumer(name, subject);
  describeFollower(name, subject);
  describeAdmin(name, subject);
}

/** Closes after each test what it opened. */
function opening(client: () => Pick<KafkaClient, 'sender'>) {
  const cleanUps: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
  });

  async function send(...records: readonly OutgoingRecord[]) {
    const sender = await client().sender();
    try {
      return await sender.send(records);
    } finally {
      await sender.close();
    }
  }

  async function openSender(): Promise<RecordSender> {
    const sender = await client().sender();
    cleanUps.push(() => sender.close());
    return sender;
  }

  return { cleanUps, send, openSender };
}

/** Two records with everything that a record can have, and the same as a reader gets them. */
function recordsOfAllKinds(topic: string): { readonly sent: readonly OutgoingRecord[]; readonly received: readonly object[] } {
  const value = Buffer.from([0, 255, 10]);
  const headers = { one: 'text', two: ['a', 'b'], none: null, some: [null, 'c'], absent: undefined };
  return {
    sent: [{ topic, partition: 1, key: null, value, headers }, recordFor(topic, 1, 'k', '')],
    received: [
      {
        topic,
        partition: 1,
        offset: 0n,
        key: null,
        value,
        headers: {
          one: Buffer.from('text'),
          two: [Buffer.from('a'), Buffer.from('b')],
          none: null,
          some: [null, Buffer.from('c')],
        },
      },
      { topic, partition: 1, offset: 1n, key: Buffer.from('k'), value: Buffer.from(''), headers: {} },
    ],
  };
}

/** What `send` promises. */
export function describeSender(name: string, { client, topic }: ContractSubject<'sender'>): void {
  describe(`${name} as a sender`, () => {
    const { send } = opening(client);
    let name: string;

    beforeEach(async () => {
      name = await topic();
    });

    it('says where a sent record is and when the broker took it', async () => {
      const beforeMs = Date.now();
      const sent = await send(recordFor(name, 2, 'a', '1'), recordFor(name, 2, 'a', '2'), recordFor(name, 0, 'b', '3'));
      expect(sent.map(({ partition, offset }) => [partition, offset])).toEqual([
        [2, 0n],
        [2, 1n],
        [0, 0n],
      ]);
      for (const { appendedAtMs } of sent) expect(Math.abs((appendedAtMs ?? 0) - beforeMs)).toBeLessThan(60_000);
    });
  });
}

/** What a member of a consumer group does. */
export function describeConsumer(name: string, { client, topic }: ContractSubject<'sender' | 'consume' | 'admin'>): void {
  describe(`${name} as a consumer`, () => {
    const { cleanUps, send, openSender } = opening(client);
    let name: string;

    beforeEach(async () => {
      name = await topic();
    });

    async function consume(
      handler: (record: ReceivedRecord) => Promise<void>,
      options: Partial<Parameters<KafkaClient['consume']>[0]> = {},
    ): Promise<RecordConsumer> {
      const consumer = await client().consume({
        topic: name,
        group: newGroup(),
        handler,
        onFatal: (error) => {
          throw error;
        },
        ...options,
      });
      cleanUps.push(() => consumer.stop());
      return consumer;
    }

    it('hands over key, value, headers and the broker’s time as they are', async () => {
      const received: ReceivedRecord[] = [];
      const records = recordsOfAllKinds(name);
      const sent = await send(...records.sent);
      await consume((record) => {
        received.push(record);
        return Promise.resolve();
      });
      await eventually('both are there', () => received.length === 2);
      expect(received).toEqual(records.received.map((record, at) => ({ ...record, timestampMs: sent[at]?.appendedAtMs })));
    });

    it('handles the records of a key in order, and of other keys meanwhile', async () => {
      const { promise: released, resolve: release } = Promise.withResolvers<null>();
      const done: string[] = [];
      await send(
        ...['slow:1', 'quick:1', 'slow:2', 'quick:2'].map((value) => recordFor(name, 0, value.split(':')[0] ?? '', value)),
      );
      await consume(async ({ value }) => {
        if (String(value) === 'slow:1') await released;
        done.push(String(value));
        if (String(value) === 'quick:2') release(null);
      });
      await eventually('all are done', () => done.length === 4);
      expect(done).toEqual(['quick:1', 'quick:2', 'slow:1', 'slow:2']);
    });

    it('commits only what is done without a gap, and hands the rest to the next member', async () => {
      const group = newGroup();
      await send(...['a', 'b', 'c'].map((key) => recordFor(name, 0, key, key)));
      const begun: string[] = [];
      const first = await consume(
        async ({ key }, context?: { signal: AbortSignal }) => {
          begun.push(String(key));
          if (String(key) !== 'b') return;
          // What a handler that cannot finish does at a shutdown.
          await new Promise((_, reject) => {
            context?.signal.addEventListener('abort', () => {
              reject(new Error('stopped'));
            });
          });
        },
        { group, deadLetter: () => Promise.reject(new Error('not while stopping')), onFatal: () => undefined },
      );
      await eventually('all have begun', () => begun.length === 3);
      await first.stop();
      expect((await client().admin().committed(group, name)).get(0)).toBe(1n);
      const again: string[] = [];
      await consume(
        ({ key }) => {
          again.push(String(key));
          return Promise.resolve();
        },
        { group },
      );
      await eventually('the rest came again', () => again.length === 2);
      expect(again.toSorted()).toEqual(['b', 'c']);
    });

    it('waits at a stop for what is in work and commits it (trap T5)', async () => {
      const group = newGroup();
      const { promise: released, resolve: release } = Promise.withResolvers<null>();
      let isBegun = false;
      await send(recordFor(name, 0, 'a', '1'));
      const consumer = await consume(
        async () => {
          isBegun = true;
          await released;
        },
        { group },
      );
      await eventually('it has begun', () => isBegun);
      const stopped = consumer.stop();
      release(null);
      await stopped;
      expect((await client().admin().committed(group, name)).get(0)).toBe(1n);
    });

    it.each([new TypeError('t'), new SyntaxError('s'), new RangeError('r'), new ReferenceError('f')])(
      'puts a record aside whose handler throws %p, and goes on (trap T2)',
      async (error) => {
        const aside: [string, unknown][] = [];
        const done: string[] = [];
        await send(recordFor(name, 0, 'a', 'bad'), recordFor(name, 0, 'a', 'good'));
        const consumer = await consume(
          ({ value }) => {
            if (String(value) === 'bad') throw error;
            done.push(String(value));
            return Promise.resolve();
          },
          {
            deadLetter: ({ value }, why) => {
              aside.push([String(value), why]);
              return Promise.resolve();
            },
          },
        );
        await eventually('the next one is done', () => done.length === 1);
        expect(aside).toEqual([['bad', error]]);
        expect(consumer.condition()).toEqual({ ok: true });
      },
    );

    it('says of a record that is put aside how often it was tried, and since when', async () => {
      const triedAtMs: number[] = [];
      const aside: Tries[] = [];
      await send(recordFor(name, 0, 'a', 'bad'));
      await consume(
        () => {
          triedAtMs.push(Date.now());
          const isFirst = triedAtMs.length === 1;
          return Promise.reject(isFirst ? new KafkaError('UNREACHABLE', 'It is away.') : new Error('not this one'));
        },
        {
          deadLetter: (_record, _error, tries) => {
            aside.push(tries);
            return Promise.resolve();
          },
        },
      );
      await eventually('it is put aside', () => aside.length === 1);
      const [{ attempt, firstTriedAtMs } = { attempt: 0, firstTriedAtMs: Infinity }] = aside;
      expect(attempt).toBe(2);
      expect(firstTriedAtMs).toBeLessThanOrEqual(triedAtMs[0] ?? 0);
    });

    it('keeps the place of a record that is too large for the dead letters, and goes on', async () => {
      const aside: ReceivedRecord[] = [];
      const done: string[] = [];
      const fatal: unknown[] = [];
      await send({ ...recordFor(name, 0, 'a', 'bad'), headers: { large: 'l' } }, recordFor(name, 0, 'a', 'good'));
      await consume(
        ({ value }) => {
          if (String(value) === 'bad') return Promise.reject(new Error('not this one'));
          done.push(String(value));
          return Promise.resolve();
        },
        {
          deadLetter: (record) => {
            if (record.value !== null) return Promise.reject(new KafkaError('RECORD_REFUSED', 'It is too large.'));
            aside.push(record);
            return Promise.resolve();
          },
          onFatal: (error) => fatal.push(error),
        },
      );
      await eventually('the next one is done', () => done.length === 1 || fatal.length > 0);
      expect(fatal).toEqual([]);
      expect(aside).toMatchObject([{ topic: name, partition: 0, offset: 0n, key: Buffer.from('a'), value: null, headers: {} }]);
    });

    it('ends for good at a record that can be put nowhere, and commits nothing of it (G6)', async () => {
      const group = newGroup();
      const fatal: unknown[] = [];
      await send(recordFor(name, 0, 'a', 'bad'));
      const consumer = await consume(() => Promise.reject(new Error('unhandled')), {
        group,
        onFatal: (error) => fatal.push(error),
      });
      await eventually('it is told', () => fatal.length > 0);
      await consumer.stop();
      expect((await client().admin().committed(group, name)).get(0) ?? null).toBeNull();
    });

    it('hands over nothing of an assignment before its listener is done', async () => {
      const { promise: released, resolve: release } = Promise.withResolvers<null>();
      const order: string[] = [];
      await send(recordFor(name, 0, 'a', '1'));
      const consumer = await consume(
        () => {
          order.push('record');
          return Promise.resolve();
        },
        {
          onAssigned: async (partitions) => {
            expect(partitions.toSorted()).toEqual(PARTITIONS);
            order.push('assigned');
            await released;
            order.push('listener done');
          },
        },
      );
      await eventually('it is assigned', () => order.length > 0);
      expect(consumer.assignment().toSorted()).toEqual(PARTITIONS);
      release(null);
      await eventually('the record came', () => order.includes('record'));
      expect(order).toEqual(['assigned', 'listener done', 'record']);
    });

    it('lets the listener of an assignment try again while Kafka is away, before any record of it is handled', async () => {
      await send(recordFor(name, 0, 'a', '1'));
      const order: string[] = [];
      await consume(
        () => {
          order.push('record');
          return Promise.resolve();
        },
        {
          onAssigned: () => {
            order.push('assigned');
            return order.length < 3 ? Promise.reject(new KafkaError('FOLLOWER_LATE', 'A test.')) : Promise.resolve();
          },
        },
      );
      await eventually('the record came', () => order.includes('record'));
      expect(order).toEqual(['assigned', 'assigned', 'assigned', 'record']);
    });

    it('shares the partitions and loses nothing when a member comes and goes (trap T7)', async () => {
      const group = newGroup();
      const handled = new Map<string, number>();
      const count = async ({ value }: ReceivedRecord): Promise<void> => {
        // Longer than a heartbeat interval takes to notice the other member, for some of them.
        await new Promise((resolve) => setTimeout(resolve, 20));
        handled.set(String(value), (handled.get(String(value)) ?? 0) + 1);
      };
      const values = Array.from({ length: 120 }, (_, index) => `${index}`);
      const sender = await openSender();
      const sendSome = (some: readonly string[]) =>
        sender.send(some.map((value) => recordFor(name, Number(value) % 3, `key-${Number(value) % 10}`, value)));
      const first = await consume(count, { group, concurrency: 2 });
      await sendSome(values.slice(0, 60));
      const second = await consume(count, { group, concurrency: 2 });
      await sendSome(values.slice(60));
      await eventually('both have partitions', () => first.assignment().length > 0 && second.assignment().length > 0);
      expect([...first.assignment(), ...second.assignment()].toSorted()).toEqual(PARTITIONS);
      await second.stop();
      await eventually('all are handled', () => handled.size === values.length);
      await eventually('all are committed', async () => {
        const committed = await client().admin().committed(group, name);
        return PARTITIONS.every((partition) => committed.get(partition) === 40n);
      });
    });
  });
}

/** What a reader of a whole topic does. */
export function describeFollower(name: string, { client, topic }: ContractSubject<'sender' | 'follow'>): void {
  describe(`${name} as a follower`, () => {
    const { cleanUps, send, openSender } = opening(client);
    let name: string;

    beforeEach(async () => {
      name = await topic();
    });

    async function follow(options: FollowOptions): Promise<TopicFollower> {
      const follower = await client().follow(options);
      cleanUps.push(() => follower.stop());
      return follower;
    }

    it('hands over key, value, headers and the broker’s time as they are', async () => {
      const received: ReceivedRecord[] = [];
      const records = recordsOfAllKinds(name);
      const sent = await send(...records.sent);
      const follower = await follow({
        topic: name,
        onRecord: (record) => received.push(record),
        onFatal: (error) => {
          throw error;
        },
      });
      await follower.caughtUp();
      expect(received).toEqual(records.received.map((record, at) => ({ ...record, timestampMs: sent[at]?.appendedAtMs })));
    });

    it('reads a followed topic whole, and says when a record of one’s own was read', async () => {
      await send(recordFor(name, 0, 'a', '1'), recordFor(name, 2, 'b', '2'));
      const read: string[] = [];
      const follower = await follow({
        topic: name,
        onRecord: ({ value }) => read.push(String(value)),
        onFatal: (error) => {
          throw error;
        },
      });
      await follower.caughtUp();
      expect(read.toSorted()).toEqual(['1', '2']);
      expect(follower.progress()).toEqual({ read: 2, of: 2 });
      expect([0, 1, 2].map((partition) => follower.position(partition))).toEqual([1n, 0n, 1n]);
      const [sent] = await send(recordFor(name, 1, 'c', '3'));
      await follower.reached(1, sent?.offset ?? -1n);
      expect(read).toHaveLength(3);
    });

    it('hands over each record of a followed topic once and in order, also when its listener sends another', async () => {
      const sender = await openSender();
      await sender.send([recordFor(name, 0, 'a', '1')]);
      const read: string[] = [];
      const { promise: sent, resolve } = Promise.withResolvers<readonly SentRecord[]>();
      const follower = await follow({
        topic: name,
        onRecord: ({ value }) => {
          if (read.push(String(value)) === 1) resolve(sender.send([recordFor(name, 0, 'a', '2')]));
        },
        onFatal: (error) => {
          throw error;
        },
      });
      const [second] = await sent;
      await follower.reached(0, second?.offset ?? -1n);
      expect(read).toEqual(['1', '2']);
    });

    it('reads only those partitions of a followed topic that it was told to', async () => {
      await send(...PARTITIONS.map((partition) => recordFor(name, partition, 'a', `${partition}`)));
      const read: string[] = [];
      const follower = await follow({
        topic: name,
        partitions: [2],
        onRecord: ({ value }) => read.push(String(value)),
        onFatal: (error) => {
          throw error;
        },
      });
      await follower.caughtUp();
      const [, , sent] = await send(...PARTITIONS.map((partition) => recordFor(name, partition, 'a', `again ${partition}`)));
      await follower.reached(2, sent?.offset ?? -1n);
      expect(read).toEqual(['2', 'again 2']);
    });

    it('leaves out of a followed topic what is older than it was told to read', async () => {
      await send(recordFor(name, 0, 'a', 'old'), recordFor(name, 1, 'b', 'old'));
      const fromMs = Date.now() + 1;
      await eventually('a millisecond has passed', () => Date.now() > fromMs);
      await send(recordFor(name, 0, 'a', 'young'));
      const read: string[] = [];
      const follower = await follow({
        topic: name,
        fromMs,
        onRecord: ({ value }) => read.push(String(value)),
        onFatal: (error) => {
          throw error;
        },
      });
      await follower.caughtUp();
      expect(read).toEqual(['young']);
      const [sent] = await send(recordFor(name, 1, 'b', 'youngest'));
      await follower.reached(1, sent?.offset ?? -1n);
      expect(read).toEqual(['young', 'youngest']);
    });

    it('has caught up with an empty topic at once, and says that an offset was not reached', async () => {
      const follower = await follow({
        topic: name,
        onRecord: () => undefined,
        onFatal: () => undefined,
        standstillMs: 50,
      });
      await follower.caughtUp();
      await expect(follower.reached(0, 0n)).rejects.toMatchObject({ code: 'FOLLOWER_LATE' });
    });

    it('ends a follower for good whose listener throws, since it must skip nothing', async () => {
      const fatal: unknown[] = [];
      await send(recordFor(name, 0, 'a', '1'));
      const error = new Error('cannot take it');
      await follow({
        topic: name,
        onRecord: () => {
          throw error;
        },
        onFatal: (thrown) => fatal.push(thrown),
      });
      await eventually('it is told', () => fatal.length > 0);
      expect(fatal[0]).toBe(error);
    });
  });
}

/** What the administration of topics does. */
export function describeAdmin(name: string, { client, topic }: ContractSubject<'sender' | 'admin'>): void {
  describe(`${name} as an admin`, () => {
    const { send, openSender } = opening(client);
    let name: string;

    beforeEach(async () => {
      name = await topic();
    });

    it('says which offsets the partitions have', async () => {
      await send(recordFor(name, 2, 'a', '1'), recordFor(name, 2, 'a', '2'), recordFor(name, 0, 'b', '3'));
      expect(await client().admin().offsets(name)).toEqual(
        expect.arrayContaining([
          { partition: 0, start: 0n, end: 1n },
          { partition: 2, start: 0n, end: 2n },
        ]),
      );
    });

    it('says what the brokers and the topics are like', async () => {
      const [broker] = await client().admin().brokers();
      expect(broker).toMatch(/^[\w.-]+:\d+$/);
      const found = await client()
        .admin()
        .describeTopics([name, `${name}-absent`]);
      expect(found).toMatchObject([
        { topic: name, partitions: 3, replicationFactor: 1, config: { 'message.timestamp.type': 'LogAppendTime' } },
      ]);
      expect(found[0]?.config).toHaveProperty(['retention.ms']);
    });

    it('creates what is missing of the topics, and refuses another number of partitions', async () => {
      const fresh = `${name}-fresh`;
      const spec = { topic: fresh, partitions: 2, replicationFactor: 1, config: { 'max.message.bytes': '2000' } };
      await expect(client().admin().checkPartitions([spec])).rejects.toMatchObject({ code: 'TOPIC_MISSING' });
      await expect(client().admin().partitionCount(spec.topic)).rejects.toMatchObject({ code: 'TOPIC_MISSING' });
      await expect(client().admin().offsets(spec.topic)).rejects.toMatchObject({ code: 'TOPIC_MISSING' });
      await client().admin().ensureTopics([spec]);
      await client().admin().ensureTopics([spec]);
      await expect(
        client()
          .admin()
          .ensureTopics([{ ...spec, partitions: 3 }]),
      ).rejects.toMatchObject({ code: 'PARTITION_COUNT' });
      const sender = await openSender();
      const results = await Promise.allSettled([
        sender.send([recordFor(fresh, 0, 'a', 'x'.repeat(5_000))]),
        sender.send([recordFor(fresh, 0, 'a', 'small')]),
      ]);
      expect(results).toMatchObject([{ reason: { code: 'RECORD_REFUSED' } }, { status: 'fulfilled' }]);
    });
  });
}
