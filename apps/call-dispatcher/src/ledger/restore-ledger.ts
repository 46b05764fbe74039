import type { ServiceContext } from '@callbus/chassis';
import { topicName, TOPICS } from '@callbus/contracts';
import { restored } from '@callbus/kafka';
import type { KafkaConnection } from '../connect-kafka.js';
import type { DispatcherCore } from '../dispatcher-core.js';
import type { DispatcherMetrics } from '../dispatcher-metrics.js';
import type { DispatcherSettings } from '../settings/dispatcher-settings.js';
import { BrokerClock } from './broker-clock.js';
import { openLedger } from './open-ledger.js';

/** Resolves when the whole ledger is folded. */
export async function restoreLedger(
  { settings, logger, health, startStep, onShutdown, fail }: ServiceContext<DispatcherSettings>,
  { client, sender }: KafkaConnection,
  metrics: DispatcherMetrics,
): Promise<DispatcherCore> {
  const { topicPrefix } = settings.kafka;
  const clock = new BrokerClock();
  const openedAtMs = performance.now();
  const ledger = await restored(startStep, {
    topic: topicName(topicPrefix, TOPICS.dispatchLedger),
    open: (onFatal) => openLedger({ client, sender, topicPrefix, clock, logger, onFatal }),
    onFatal: fail,
  });
  metrics.ledgerRestoreSeconds.set((performance.now() - openedAtMs) / 1_000);
  onShutdown('ledger', () => ledger.stop());
  health.addReadiness('ledger', () => ledger.condition());
  return { ledger, clock, logger, metrics };
}
