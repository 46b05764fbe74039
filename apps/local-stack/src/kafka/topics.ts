import { partitionsOf, topicName, TOPICS } from '@callbus/contracts';
import type { KafkaClient, TopicToEnsure } from '@callbus/kafka';
import { messageOf, StackError } from '../errors.js';
import { MOST_REPLICAS } from './kafka-properties.js';

/**
 * Creates what is missing of the topics that contracts/topics.ts names.
 * @throws StackError KAFKA_UNREACHABLE, also when a topic exists with another number of partitions
 */
export async function createTopics(
  client: KafkaClient,
  kafka: { readonly brokers: readonly string[]; readonly topicPrefix: string; readonly partitions: number },
): Promise<void> {
  try {
    await client.admin().ensureTopics(topicsToEnsure(kafka));
  } catch (error) {
    throw new StackError('KAFKA_UNREACHABLE', `The topics could not be created: ${messageOf(error)}`, { cause: error });
  }
}

export function topicsToEnsure(kafka: {
  readonly brokers: readonly string[];
  readonly topicPrefix: string;
  readonly partitions: number;
}): readonly TopicToEnsure[] {
  return Object.values(TOPICS).map((topic) => ({
    topic: topicName(kafka.topicPrefix, topic),
    partitions: partitionsOf(topic, kafka.partitions),
    replicationFactor: Math.min(MOST_REPLICAS, kafka.brokers.length),
    config: topic.config,
  }));
}
