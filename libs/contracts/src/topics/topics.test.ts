import { partitionOf } from './partition-of.js';
import { placeOfKey, TOPICS } from './topics.js';

const KEY = '6f9619ff-8b86-4011-b42d-00c04fc964ff';

it('places a key in the installation’s topic, among as many partitions as the topic has', () => {
  // Not in the partition that the ledger has.
  expect(partitionOf(KEY, 12)).toBeGreaterThan(0);
  const installation = { topicPrefix: 'ours.', partitions: 12 };
  expect(placeOfKey(TOPICS.events, KEY, installation)).toEqual({
    topic: 'ours.events',
    partition: partitionOf(KEY, 12),
    key: KEY,
  });
  expect(placeOfKey(TOPICS.dispatchLedger, KEY, installation)).toEqual({
    topic: 'ours.dispatch-ledger',
    partition: 0,
    key: KEY,
  });
});
