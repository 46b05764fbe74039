import type { ServiceContext } from '@callbus/chassis';
import { partitionsOf, topicName, TOPICS } from '@callbus/contracts';
import { kafkaClientOf, missingOnKafka, type KafkaClient, type RecordSender } from '@callbus/kafka';
import type { DispatcherSettings } from './settings/dispatcher-settings.js';

export interface KafkaConnection {
  readonly client: KafkaClient;
  readonly sender: RecordSender;
}

/** Connects once all topics exist. */
export async function connectKafka(context: ServiceContext<DispatcherSettings>, processName: string): Promise<KafkaConnection> {
  const { settings, logger, health, startStep, onShutdown } = context;
  const client = kafkaClientOf(settings.kafka, { principal: 'call-dispatcher', process: processName }, logger, context.metrics);
  onShutdown('kafka', () => client.close());
  health.addLiveness('kafka', () => client.liveness());
  const requireTopics = (): Promise<void> => topicsAreThere(client, settings.kafka);
  await startStep({ name: 'looking for the topics', run: requireTopics, waitsFor: missingOnKafka });
  const sender = await startStep({ name: 'connecting a sender', run: () => client.sender(), waitsFor: missingOnKafka });
  onShutdown('sender', () => sender.close());
  health.addReadiness('kafka sender', () => sender.condition());
  health.addReadiness('kafka records', () => client.unreadable());
  return { client, sender };
}

async function topicsAreThere(
  client: KafkaClient,
  { topicPrefix, partitions }: Pick<DispatcherSettings['kafka'], 'topicPrefix' | 'partitions'>,
): Promise<void> {
  const { commands, operatorCommands, dispatchLedger, observations, snapshots, commandsDeadLetter } = TOPICS;
  await client.admin().checkPartitions(
    [commands, operatorCommands, dispatchLedger, observations, snapshots, commandsDeadLetter].map((topic) => ({
      topic: topicName(topicPrefix, topic),
      partitions: partitionsOf(topic, partitions),
    })),
  );
}
