import { nestLogger, type ServiceContext } from '@callbus/chassis';
import { topicName, TOPICS } from '@callbus/contracts';
import { restored, SnapshotFollower, type KafkaClient, type RecordSender } from '@callbus/kafka';
import { KafkaTransport, RethrowFilter } from '@callbus/kafka/nest';
import { NestFactory } from '@nestjs/core';
import type { IngestSettings } from '../ingest-settings.js';
import { NewestSnapshots } from './snapshots/newest-snapshots.js';
import { keptOf, type KeptSnapshot } from './snapshots/kept-snapshot.js';
import { LiveCalls } from './snapshots/live-calls.js';
import { SequencerMetrics, watchLiveCalls } from './sequencer-metrics.js';
import { SequencerModule } from './sequencer.module.js';
import { SequencerOutput } from './sequencer-output.js';
import { SnapshotUpkeep } from './snapshots/snapshot-upkeep.js';

/** Starts the role that numbers the events. */
export async function startSequencer(
  { settings, logger, health, metrics: registry, startStep, onShutdown, fail }: ServiceContext<IngestSettings>,
  client: KafkaClient,
  sender: RecordSender,
): Promise<void> {
  const { topicPrefix, partitions } = settings.kafka;
  const service = settings.serviceName || 'notification-sequencer';
  const metrics = new SequencerMetrics(registry);
  const newest = new NewestSnapshots(settings.snapshotRetentionDays);
  const output = new SequencerOutput({ sender, topicPrefix, partitions, service });
  // A receiver in the same process takes callbacks all the same.
  const mayWait = settings.roles.includes('receiver');
  health.addReadiness('kafka records', () => ({ ...client.unreadable(), ...(mayWait && { ok: true }) }));
  const snapshots = await restored(startStep, {
    topic: topicName(topicPrefix, TOPICS.snapshots),
    open: (onFatal) =>
      SnapshotFollower.start<KeptSnapshot>({
        client,
        topicPrefix,
        partitionCount: partitions,
        decode: (callId, value) => newest.read(callId, value),
        keep: keptOf,
        onFatal,
      }),
    onFatal: fail,
  });
  onShutdown('snapshots', () => snapshots.stop());
  health.addReadiness('snapshots', () => snapshots.condition());
  newest.follow(snapshots);
  snapshots.onSnapshot((callId) => {
    newest.onFollowed(callId);
  });

  const upkeep = new SnapshotUpkeep({
    snapshots,
    output,
    partitions,
    retentionDays: settings.snapshotRetentionDays,
    repairOf: (range) => client.repairOf(range),
  });
  const transport = new KafkaTransport({
    client,
    topicPrefix,
    partitions,
    service,
    logger,
    onFatal: fail,
    startStep,
    traceOf: ({ key }) => newest.get(String(key))?.traceparent,
    onAssigned: async (topic, assigned) => {
      if (topic !== TOPICS.observations.name) return;
      const begunAtMs = performance.now();
      newest.forgetOwn();
      await snapshots.caughtUp();
      metrics.snapshotsRestoreSeconds.set((performance.now() - begunAtMs) / 1_000);
      await upkeep.rewriteOverwritten(assigned);
    },
  });
  const assignment = (): readonly number[] => transport.assignment(TOPICS.observations.name);
  watchLiveCalls(registry, new LiveCalls({ snapshots, assignment, partitions, silentAfterMs: settings.callSilentAfterMs }));
  health.addReadiness('kafka consumer', () => transport.condition());
  const app = await NestFactory.createMicroservice(SequencerModule.with(newest, output, metrics), {
    strategy: transport,
    logger: nestLogger(logger),
    abortOnError: false,
  });
  app.useGlobalFilters(new RethrowFilter());
  onShutdown('sequencer', () => app.close());
  await app.listen();
  const keepUp = async (): Promise<void> => {
    const assigned = assignment();
    await upkeep.rewriteOverwritten(assigned);
    await upkeep.forgetOld(assigned);
    await upkeep.forgetDamaged(assigned);
  };
  const timer = setInterval(() => {
    keepUp().catch((error: unknown) => {
      logger.warn({ err: error }, 'the snapshots’ upkeep failed; the next time it is tried again');
    });
  }, settings.snapshotUpkeepIntervalMs);
  onShutdown('upkeep of snapshots', () => {
    clearInterval(timer);
    return Promise.resolve();
  });
}
