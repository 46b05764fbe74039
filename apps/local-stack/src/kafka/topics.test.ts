import { topicsToEnsure } from './topics.js';

describe('topicsToEnsure', () => {
  it('names every topic with the prefix, the ledger and the repairs with one partition', () => {
    const topics = topicsToEnsure({ brokers: ['a:1'], topicPrefix: 'x.', partitions: 5 });
    expect(topics.map(({ topic, partitions }) => [topic, partitions])).toEqual([
      ['x.commands', 5],
      ['x.operator-commands', 5],
      ['x.dispatch-ledger', 1],
      ['x.observations', 5],
      ['x.events', 5],
      ['x.snapshots', 5],
      ['x.commands.dead-letter', 5],
      ['x.observations.dead-letter', 5],
      ['x.repairs', 1],
    ]);
    expect(new Set(topics.map(({ replicationFactor }) => replicationFactor))).toEqual(new Set([1]));
  });

  it('asks a cluster for three replicas at most', () => {
    const topics = topicsToEnsure({ brokers: ['a:1', 'b:1', 'c:1', 'd:1'], topicPrefix: '', partitions: 1 });
    expect(topics[0]!.replicationFactor).toBe(3);
  });
});
