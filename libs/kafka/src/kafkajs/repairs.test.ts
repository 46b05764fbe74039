import { encodeRepair } from '@callbus/contracts';
import { KafkaError } from '../port/errors.js';
import type { FollowOptions, KafkaClient } from '../port/kafka-client.js';
import { Repairs } from './repairs.js';

const nothing = (): void => undefined;
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing } as const;
const RANGE = { topic: 't', partition: 0, firstOffset: 1n, lastOffset: 2n };

/** Repairs whose readers the test lets fail. */
function setUp() {
  const followers: FollowOptions[] = [];
  const stopped: number[] = [];
  const failure: { error?: Error } = {};
  const client = {
    admin: () => ({ partitionCount: () => Promise.resolve(1) }),
    follow: (options: FollowOptions) => {
      const number = followers.push(options);
      const caughtUp = (): Promise<void> => (failure.error === undefined ? Promise.resolve() : Promise.reject(failure.error));
      return Promise.resolve({ caughtUp, stop: () => Promise.resolve(void stopped.push(number)) });
    },
  } as unknown as KafkaClient;
  const order = (): void => {
    const written = { ...RANGE, firstOffset: '1', lastOffset: '2', reason: 'r', operator: 'me', time: new Date(0).toISOString() };
    const { key, value } = encodeRepair(written);
    const place = { topic: 'repairs', partition: 0, offset: 0n, timestampMs: 0, headers: {} };
    followers[0]?.onRecord({ ...place, key: Buffer.from(key), value: Buffer.from(value) });
  };
  return { repairs: new Repairs({ client, topic: 'repairs', logger }), followers, stopped, failure, order };
}

it('keeps a reader that is late, and answers by what it has read', async () => {
  const { repairs, followers, stopped, failure, order } = setUp();
  failure.error = new KafkaError('FOLLOWER_LATE', 'late');
  expect(await repairs.of(RANGE)).toBeNull();
  order();
  expect(await repairs.of(RANGE)).toMatchObject({ firstOffset: '1' });
  expect([followers.length, stopped]).toEqual([1, []]);
});

it('stops a reader that failed, and begins another at the next look', async () => {
  const { repairs, followers, stopped, failure } = setUp();
  failure.error = new Error('failed');
  expect(await repairs.of(RANGE)).toBeNull();
  delete failure.error;
  await repairs.of(RANGE);
  expect(stopped).toEqual([1]);
  followers[1]?.onFatal(new Error('crashed'));
  await repairs.of(RANGE);
  expect([followers.length, stopped]).toEqual([3, [1, 2]]);
});
