import { ACCESS, partitionsOf, topicName, TOPICS } from '@callbus/contracts';

const API_VERSION = 'kafka.strimzi.io/v1';
/** What an acknowledged record survives: the loss of one broker (docs/topics.md). */
const REPLICAS = 3;
const DURABLE = { 'min.insync.replicas': '2', 'unclean.leader.election.enable': 'false' };
/** The name of the cluster is the overlay’s: the component puts it in. */
const LABELS = { 'strimzi.io/cluster': 'KAFKA_CLUSTER' };

/** The topics of an installation as Strimzi’s topic operator makes them. */
export function strimziTopics({ topicPrefix, partitions }) {
  return Object.values(TOPICS).map((topic) => ({
    apiVersion: API_VERSION,
    kind: 'KafkaTopic',
    metadata: { name: topicName(topicPrefix, topic), labels: LABELS },
    spec: { partitions: partitionsOf(topic, partitions), replicas: REPLICAS, config: { ...topic.config, ...DURABLE } },
  }));
}

/** Each principal as a user with a password and its rights, as Strimzi’s user operator makes them. */
export function strimziUsers({ topicPrefix }) {
  return Object.entries(ACCESS).map(([name, rules]) => ({
    apiVersion: API_VERSION,
    kind: 'KafkaUser',
    metadata: { name, labels: LABELS },
    spec: {
      authentication: { type: 'scram-sha-512' },
      authorization: { type: 'simple', acls: rules.map((rule) => aclOf(rule, topicPrefix)) },
    },
  }));
}

const PATTERNS = { literal: 'literal', prefixed: 'prefix' };

function aclOf({ resource, name, pattern, operations }, topicPrefix) {
  return {
    resource: { type: resource, name: `${topicPrefix}${name}`, patternType: PATTERNS[pattern] },
    operations: operations.map(strimziOperation),
  };
}

/** DESCRIBE_CONFIGS → DescribeConfigs */
function strimziOperation(operation) {
  return operation.toLowerCase().replaceAll(/(?:^|_)([a-z])/g, (_, letter) => letter.toUpperCase());
}
