import { partitionsOf, topicName, TOPICS, type TopicSpec } from '@callbus/contracts';
import type { TopicDescription } from '@callbus/kafka';
import { failed, ok, warning, type Finding } from './finding.js';

export interface ExpectedTopics {
  readonly topicPrefix: string;
  /** KAFKA_PARTITIONS. */
  readonly partitions: number;
  /** Of the cluster; a small one is for development and keeps fewer copies. */
  readonly brokers: number;
}

/** What these say may be more than it has to be; every other setting has to be as it is in topics.ts. */
const AT_LEAST = ['retention.ms', 'max.message.bytes', 'min.compaction.lag.ms'];
/** Of a topic in production, so that no acknowledged record is lost with one broker. */
const REPLICAS = 3;
const IN_SYNC = 2;

/** Compares the topics that there are with those that there have to be. */
export function topicFindings(found: readonly TopicDescription[], expected: ExpectedTopics): Finding[] {
  return Object.values(TOPICS).map((spec) => {
    const name = topicName(expected.topicPrefix, spec);
    const topic = found.find((one) => one.topic === name);
    const check = `topic ${name}`;
    if (topic === undefined) {
      const advice = 'Create it as docs/topics.md says, allow this principal to Describe it, or correct KAFKA_TOPIC_PREFIX.';
      return failed(check, 'it is missing', advice);
    }
    const wanted = partitionsOf(spec, expected.partitions);
    if (topic.partitions !== wanted) {
      const found = `it has ${topic.partitions} partitions, not ${wanted}`;
      return failed(check, found, 'Set KAFKA_PARTITIONS to what the topics have; never change the topics.');
    }
    const faults = wrongSettings(spec, topic);
    if (faults.length > 0) {
      const config = faults.map(({ setting, wanted: value }) => `${setting}=${value}`).join(',');
      const advice = `kafka-configs.sh --alter --entity-type topics --entity-name ${name} --add-config ${config}`;
      return failed(check, faults.map(({ setting, actual }) => `${setting} is ${actual}`).join(', '), advice);
    }
    const risks = expected.brokers < REPLICAS ? [] : risksOf(topic);
    if (risks.length > 0) return warning(check, risks.join(', '), 'See «Production» in docs/topics.md.');
    return ok(check, `${topic.partitions} partitions, ${topic.replicationFactor} replicas`);
  });
}

function wrongSettings({ config }: TopicSpec, topic: TopicDescription) {
  return Object.entries(config).flatMap(([setting, wanted]) => {
    const actual = topic.config[setting] ?? 'not set';
    const isEnough = AT_LEAST.includes(setting) && (Number(actual) >= Number(wanted) || actual === '-1');
    return actual === wanted || isEnough ? [] : [{ setting, wanted, actual }];
  });
}

function risksOf({ replicationFactor, config }: TopicDescription): string[] {
  return [
    ...(replicationFactor < REPLICAS ? [`it has ${replicationFactor} replicas, not ${REPLICAS}`] : []),
    ...(Number(config['min.insync.replicas'] ?? 1) < IN_SYNC ? [`min.insync.replicas is below ${IN_SYNC}`] : []),
    ...(config['unclean.leader.election.enable'] === 'true' ? ['unclean.leader.election.enable is true'] : []),
  ];
}
