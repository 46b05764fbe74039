import type { ServiceContext } from '@callbus/chassis';
import { topicName, TOPICS } from '@callbus/contracts';
import { restored, SnapshotFollower, type KafkaClient } from '@callbus/kafka';
import type { CallHistory } from '../driver/next-step.js';
import type { DispatcherSettings } from '../settings/dispatcher-settings.js';
import { historyOf } from './call-histories.js';

/** Resolves when the snapshots of all calls are read. */
export async function restoreSnapshots(
  { settings, health, startStep, onShutdown, fail }: ServiceContext<DispatcherSettings>,
  client: KafkaClient,
): Promise<SnapshotFollower<CallHistory>> {
  const { topicPrefix, partitions: partitionCount } = settings.kafka;
  const snapshots = await restored(startStep, {
    topic: topicName(topicPrefix, TOPICS.snapshots),
    open: (onFatal) => SnapshotFollower.start({ client, topicPrefix, partitionCount, keep: historyOf, onFatal }),
    onFatal: fail,
  });
  health.addReadiness('snapshots', () => snapshots.condition());
  onShutdown('snapshots', () => snapshots.stop());
  return snapshots;
}
