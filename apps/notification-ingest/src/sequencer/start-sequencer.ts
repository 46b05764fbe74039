import { nestLogger, type ServiceContext } from '@callbus/chassis';
import { encodeSnapshot, TOPICS } from '@callbus/contracts';
import { KafkaTransport, RethrowFilter, SnapshotFollower, type KafkaClient, type RecordSender } from '@callbus/kafka';
import { NestFactory } from '@nestjs/core';
import type { IngestSettings } from '../ingest-settings.js';
import { Histories } from './histories.js';
import { keptOf, snapshotOf, type KeptSnapshot } from './kept-snapshot.js';
import { LiveCalls } from './live-calls.js';
import { OldCalls } from './old-calls.js';
import { SequencerMetrics, watchLiveCalls } from './sequencer-metrics.js';
import { SequencerModule } from './sequencer.module.js';
import { SequencerOutput } from './sequencer-output.js';

const FORGET_EVERY_MS = 60 * 60 * 1000;

/** Starts the role that numbers the events. */
export async function startSequencer(
  { settings, logger, health, metrics: registry, onShutdown, fail }: ServiceContext<IngestSettings>,
  client: KafkaClient,
  sender: RecordSender,
): Promise<void> {
  const { topicPrefix, partitions } = settings.kafka;
  const service = settings.serviceName || 'notification-sequencer';
  const metrics = new SequencerMetrics(registry);
  const histories = new Histories();
  const output = new SequencerOutput({ sender, topicPrefix, partitions, service });
  const snapshots = await SnapshotFollower.start<KeptSnapshot>({
    client,
    topicPrefix,
    decode: (callId, value) => histories.read(callId, value),
    keep: keptOf,
    onFatal: fail,
  });
  onShutdown('snapshots', () => snapshots.stop());
  histories.follow(snapshots);
  snapshots.onSnapshot((callId) => {
    histories.onFollowed(callId);
  });

  const oldCalls = new OldCalls({ snapshots, output, partitions, retentionDays: settings.snapshotRetentionDays });
  const transport = new KafkaTransport({
    client,
    sender,
    topicPrefix,
    partitions,
    service,
    logger,
    onFatal: fail,
    onAssigned: async (topic, assigned) => {
      if (topic !== TOPICS.observations.name) return;
      const begunAtMs = performance.now();
      histories.forgetOwn();
      await snapshots.caughtUp();
      metrics.snapshotsRestoreSeconds.set((performance.now() - begunAtMs) / 1_000);
      const overwritten = snapshots.overwritten(assigned, partitions).map(snapshotOf);
      await output.snapshots(overwritten.map((snapshot) => ({ callId: snapshot.callId, value: encodeSnapshot(snapshot) })));
      await oldCalls.forget(assigned);
    },
  });
  const assignment = (): readonly number[] => transport.assignment(TOPICS.observations.name);
  watchLiveCalls(registry, new LiveCalls({ snapshots, assignment, partitions, silentAfterMs: settings.callSilentAfterMs }));
  health.addReadiness('kafka consumer', () => transport.condition());
  const app = await NestFactory.createMicroservice(SequencerModule.with(histories, output, metrics), {
    strategy: transport,
    logger: nestLogger(logger),
    abortOnError: false,
  });
  app.useGlobalFilters(new RethrowFilter());
  onShutdown('sequencer', () => app.close());
  await app.listen();
  const forgetting = setInterval(() => {
    oldCalls.forget(assignment()).catch((error: unknown) => {
      logger.warn({ err: error }, 'old calls could not be forgotten; the next time they are tried again');
    });
  }, FORGET_EVERY_MS);
  onShutdown('forgetting of old calls', () => {
    clearInterval(forgetting);
    return Promise.resolve();
  });
}
