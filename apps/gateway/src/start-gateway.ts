import type { ServiceContext } from '@callbus/chassis';
import { partitionsOf, topicName, TOPICS } from '@callbus/contracts';
import { kafkaClientOf, missingOnKafka, restored, SnapshotFollower } from '@callbus/kafka';
import { CallEvents } from './events/call-events.js';
import { CallerTokens } from './callers/caller-tokens.js';
import { CommandLog } from './calls/command-log.js';
import { GatewayApp } from './gateway-app.js';
import type { GatewaySettings } from './gateway-settings.js';
import { GatewayMetrics } from './gateway-metrics.js';
import { knownCallOf, type KnownCall } from './calls/known-call.js';
import { KnownCalls } from './calls/known-calls.js';

/** @returns the port that was taken */
export async function startGateway(context: ServiceContext<GatewaySettings>): Promise<number> {
  const { settings, logger, health, metrics: registry, startStep, onShutdown, fail } = context;
  const { topicPrefix, partitions } = settings.kafka;
  const client = kafkaClientOf(settings.kafka, { principal: 'gateway', process: settings.serviceName }, logger, registry);
  onShutdown('kafka', () => client.close());
  health.addLiveness('kafka', () => client.liveness());
  const topics = [TOPICS.commands, TOPICS.snapshots, TOPICS.events].map((topic) => ({
    topic: topicName(topicPrefix, topic),
    partitions: partitionsOf(topic, partitions),
  }));
  const requireTopics = (): Promise<void> => client.admin().checkPartitions(topics);
  await startStep({ name: 'looking for the topics', run: requireTopics, waitsFor: missingOnKafka });
  const sender = await startStep({ name: 'connecting a sender', run: () => client.sender(), waitsFor: missingOnKafka });
  onShutdown('sender', () => sender.close());
  health.addReadiness('kafka sender', () => sender.condition());
  // The gateway still takes commands and still knows the calls of other partitions.
  health.addReadiness('kafka records', () => ({ ...client.unreadable(), ok: true }));
  const snapshots = await restored(startStep, {
    topic: topicName(topicPrefix, TOPICS.snapshots),
    open: (onFatal) =>
      SnapshotFollower.start<KnownCall>({ client, topicPrefix, partitionCount: partitions, keep: knownCallOf, onFatal }),
    onFatal: fail,
  });
  health.addReadiness('snapshots', () => snapshots.condition());
  onShutdown('snapshots', () => snapshots.stop());
  const calls = new KnownCalls(snapshots);
  const { maxEventReaders: maxReaders, maxEventReadersPerCaller: maxReadersPerCaller } = settings;
  const events = new CallEvents({ client, topicPrefix, partitions, maxReaders, maxReadersPerCaller, logger });

  const tokens = await startTokens(context);
  const metrics = new GatewayMetrics(registry);
  const commands = new CommandLog({ sender, topicPrefix, partitions, timeoutMs: settings.sendTimeoutMs, metrics });
  const app = await GatewayApp.create({ settings, logger, registry, health, tokens, commands, calls, events });
  const port = await app.listen(settings.httpPort, settings.httpHost);
  onShutdown('http', () => app.close());
  return port;
}

async function startTokens({ settings, logger, health, onShutdown }: ServiceContext<GatewaySettings>): Promise<CallerTokens> {
  const { openIdUrl, callerKeys } = settings;
  const tokens = new CallerTokens({
    ...settings,
    ...callerKeys,
    onFetchFailed: (error) => {
      logger.warn({ err: error, openIdUrl }, 'the keys of callers’ tokens could not be fetched; the last good ones serve on');
    },
  });
  onShutdown('callers’ keys', () => tokens.close());
  health.addReadiness('callers’ keys', () =>
    tokens.isReady() ? { ok: true } : { ok: false, reason: `no keys could be had from ${openIdUrl} yet` },
  );
  await tokens.start();
  return tokens;
}
