import { runService } from '@callbus/chassis';
import { partitionsOf, topicName, TOPICS } from '@callbus/contracts';
import { kafkaClientOf } from '@callbus/kafka';
import { IngestSettings } from './ingest-settings.js';
import { startReceiver } from './receiver/start-receiver.js';
import { startSequencer } from './sequencer/start-sequencer.js';

await runService('notification-ingest', IngestSettings, async (context) => {
  const { settings, logger, health, metrics, onShutdown } = context;
  const { topicPrefix, partitions } = settings.kafka;
  const client = kafkaClientOf(settings.kafka, settings.serviceName || 'notification-ingest', logger, metrics);
  onShutdown('kafka', () => client.close());
  health.addLiveness('kafka', () => client.liveness());
  const { observations, observationsDeadLetter, events, snapshots } = TOPICS;
  await client.admin().checkPartitions(
    [observations, observationsDeadLetter, events, snapshots].map((topic) => ({
      topic: topicName(topicPrefix, topic),
      partitions: partitionsOf(topic, partitions),
    })),
  );
  const sender = await client.sender();
  onShutdown('sender', () => sender.close());
  health.addReadiness('kafka sender', () => sender.condition());
  if (settings.roles.includes('sequencer')) await startSequencer(context, client, sender);
  if (settings.roles.includes('receiver')) {
    const port = await startReceiver(context, sender);
    logger.info({ port }, 'receiving callbacks');
  }
});
