import { randomUUID } from 'node:crypto';
import { topicName, TOPICS } from '@callbus/contracts';
import { createKafkaClient, type KafkaClient, type ReceivedRecord } from '@callbus/kafka';
import { until } from '../apps/local-stack/src/until.js';
import { CODECS, FOREIGN_PRODUCERS, type ForeignRecord } from './support/foreign-producers.js';

const brokers = (process.env['CALLBUS_TEST_BROKERS'] ?? '').split(',');
const nothing = (): void => undefined;
/** Time for three JVMs one after the other on a busy machine. */
const SLOW_MS = 120_000;

let client: KafkaClient;
beforeAll(() => {
  client = createKafkaClient({
    brokers,
    clientId: 'test',
    logger: { debug: nothing, info: nothing, warn: nothing, error: nothing },
  });
});
afterAll(() => client.close());

async function newTopic(config: Record<string, string> = {}): Promise<string> {
  const topic = topicName(`codecs-${randomUUID()}.`, TOPICS.events);
  await client.admin().ensureTopics([{ topic, partitions: 1, replicationFactor: 1, config }]);
  return topic;
}

const recordsIn = (topic: string): ForeignRecord[] =>
  [1, 2, 3].map((number) => ({ topic, partition: 0, key: `k${number}`, value: `the call ${number}, `.repeat(200) }));

/** The records that a consumer of a group and a follower get. The tests' own reader is not used: it registers more codecs in the client. */
async function readBy(topic: string): Promise<readonly string[][]> {
  const consumed: ReceivedRecord[] = [];
  const followed: ReceivedRecord[] = [];
  const failures: unknown[] = [];
  const onFatal = (error: unknown): unknown => failures.push(error);
  const consumer = await client.consume({
    topic,
    group: `group-${randomUUID()}`,
    concurrency: 1,
    handler: (record) => {
      consumed.push(record);
      return Promise.resolve();
    },
    onFatal,
  });
  const follower = await client.follow({ topic, onRecord: (record) => followed.push(record), onFatal });
  try {
    await follower.caughtUp();
    await until('the group has them too', () => consumed.length >= followed.length || failures.length > 0);
    expect(failures).toEqual([]);
    return [consumed, followed].map((records) =>
      records.toSorted((one, other) => Number(one.offset - other.offset)).map(({ value }) => String(value)),
    );
  } finally {
    await Promise.all([consumer.stop(), follower.stop()]);
  }
}

describe.each(FOREIGN_PRODUCERS)('records of $name', ({ lacks, prepare, produce }) => {
  const test = lacks === undefined ? it : it.skip;
  beforeAll(() => {
    if (lacks === undefined) prepare();
  }, SLOW_MS);

  test(
    `are read whatever they are compressed with${lacks === undefined ? '' : ` (not run: this machine lacks ${lacks})`}`,
    async () => {
      const topic = await newTopic();
      const records = recordsIn(topic);
      for (const codec of CODECS) await produce(brokers, codec, records);
      const values = CODECS.flatMap(() => records.map(({ value }) => value));
      expect(await readBy(topic)).toEqual([values, values]);
    },
    SLOW_MS,
  );
});

it.each(['snappy', 'lz4', 'zstd', 'gzip'])('reads a topic whose compression.type is %s', async (codec) => {
  const topic = await newTopic({ 'compression.type': codec });
  const value = 'the call, '.repeat(200);
  const sender = await client.sender();
  await sender.send([{ topic, partition: 0, key: 'k', value }]);
  await sender.close();
  expect(await readBy(topic)).toEqual([[value], [value]]);
});
