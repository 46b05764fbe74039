import { partitionsOf, topicName, TOPICS } from '@callbus/contracts';
import type { TopicDescription } from '@callbus/kafka';
import { topicFindings } from './topic-findings.js';

const expected = { topicPrefix: 'calls.', partitions: 12, brokers: 3 };
const production = { 'min.insync.replicas': '2', 'unclean.leader.election.enable': 'false' };
const whole: TopicDescription[] = Object.values(TOPICS).map((spec) => ({
  topic: topicName('calls.', spec),
  partitions: partitionsOf(spec, 12),
  replicationFactor: 3,
  config: { ...production, ...spec.config },
}));

/** What is not well when the commands topic is so. */
function found(changes: Partial<TopicDescription>, brokers = 3) {
  const topics = whole.map((topic) => (topic.topic === 'calls.commands' ? { ...topic, ...changes } : topic));
  return topicFindings(topics, { ...expected, brokers })
    .filter(({ verdict }) => verdict !== 'ok')
    .map(({ check, verdict, found: what, advice }) => [verdict, `${check}: ${what}`, advice]);
}
const config = (changes: Record<string, string>): Partial<TopicDescription> => ({
  config: { ...production, ...TOPICS.commands.config, ...changes },
});

it('finds nothing wrong with the topics of topics.ts', () => {
  expect(found({})).toEqual([]);
});

it('names a topic that is missing', () => {
  expect(found({ topic: 'another' })).toEqual([
    ['failed', 'topic calls.commands: it is missing', expect.stringContaining('docs/topics.md')],
  ]);
});

it('never advises to change the number of partitions', () => {
  const [[verdict, what, advice] = []] = found({ partitions: 6 });
  expect([verdict, what]).toEqual(['failed', 'topic calls.commands: it has 6 partitions, not 12']);
  expect(advice).toContain('never change the topics');
});

it('names a setting that is wrong, and the command that mends it', () => {
  expect(found(config({ 'message.timestamp.type': 'CreateTime', 'retention.ms': '1000' }))).toEqual([
    [
      'failed',
      'topic calls.commands: retention.ms is 1000, message.timestamp.type is CreateTime',
      'kafka-configs.sh --alter --entity-type topics --entity-name calls.commands --add-config retention.ms=604800000,message.timestamp.type=LogAppendTime',
    ],
  ]);
});

it.each(['604800001', '-1'])('lets a retention of %s be: it is more than it has to be', (retention) => {
  expect(found(config({ 'retention.ms': retention }))).toEqual([]);
});

it('warns of what may lose records with one broker, in a cluster that could do better', () => {
  const weak = { replicationFactor: 1, ...config({ 'min.insync.replicas': '1', 'unclean.leader.election.enable': 'true' }) };
  expect(found(weak)).toMatchObject([
    ['warning', expect.stringMatching(/1 replicas, not 3, min\.insync\.replicas is below 2, unclean\.leader/), expect.anything()],
  ]);
  expect(found(weak, 1)).toEqual([]);
});
