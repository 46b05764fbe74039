import { runService } from '@callbus/chassis';
import { partitionsOf, topicName, TOPICS, type TopicSpec } from '@callbus/contracts';
import { kafkaClientOf, missingOnKafka } from '@callbus/kafka';
import { IngestSettings } from './ingest-settings.js';
import { startReceiver } from './receiver/start-receiver.js';
import { startSequencer } from './sequencer/start-sequencer.js';

await runService('notification-ingest', IngestSettings, async (context) => {
  const { settings, logger, health, metrics, startStep, onShutdown } = context;
  const { topicPrefix, partitions } = settings.kafka;
  const principals = settings.roles.map((role) => `notification-${role}` as const);
  const principal = settings.roles.includes('sequencer') ? 'notification-sequencer' : 'notification-receiver';
  const client = kafkaClientOf(settings.kafka, { principal, process: settings.serviceName }, logger, metrics);
  onShutdown('kafka', () => client.close());
  health.addLiveness('kafka', () => client.liveness());
  // Those of one role may not be seen by the principal of the other.
  const topics = Object.values<TopicSpec>(TOPICS).filter(
    (topic) =>
      // Read only after an unreadable batch; an older installation lacks this topic.
      topic !== TOPICS.repairs && [...topic.readers, ...topic.writers].some((one) => principals.some((own) => own === one)),
  );
  const requireTopics = (): Promise<void> =>
    client.admin().checkPartitions(
      topics.map((topic) => ({
        topic: topicName(topicPrefix, topic),
        partitions: partitionsOf(topic, partitions),
      })),
    );
  await startStep({ name: 'looking for the topics', run: requireTopics, waitsFor: missingOnKafka });
  const sender = await startStep({ name: 'connecting a sender', run: () => client.sender(), waitsFor: missingOnKafka });
  onShutdown('sender', () => sender.close());
  health.addReadiness('kafka sender', () => sender.condition());
  if (settings.roles.includes('receiver')) {
    const port = await startReceiver(context, sender);
    logger.info({ port }, 'receiving callbacks');
  }
  // After the receiver, which takes callbacks while the snapshots are read, however long that takes.
  if (settings.roles.includes('sequencer')) await startSequencer(context, client, sender);
});
