import { partitionOf } from './partition-of.js';
import { placeOfKey, TOPICS } from './topics.js';

it('places a key in the installation’s topic, among as many partitions as the topic has', () => {
  const installation = { topicPrefix: 'ours.', partitions: 12 };
  expect(placeOfKey(TOPICS.events, '21', installation)).toEqual({
    topic: 'ours.events',
    partition: partitionOf('21', 12),
    key: '21',
  });
  expect(placeOfKey(TOPICS.dispatchLedger, '21', installation)).toEqual({
    topic: 'ours.dispatch-ledger',
    partition: 0,
    key: '21',
  });
});
