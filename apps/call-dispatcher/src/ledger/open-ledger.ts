import type { ServiceContext } from '@callbus/chassis';
import { groupName, GROUPS, topicName, TOPICS } from '@callbus/contracts';
import { restored, type KafkaClient } from '@callbus/kafka';
import type { KafkaConnection } from '../connect-kafka.js';
import type { DispatcherCore } from '../dispatcher-core.js';
import type { DispatcherMetrics } from '../dispatcher-metrics.js';
import type { DispatcherSettings } from '../settings/dispatcher-settings.js';
import { BrokerClock } from './broker-clock.js';
import { Ledger, LEDGER_PARTITION, type LedgerOptions } from './ledger.js';
import { requireSafeTopics } from './require-safe-topics.js';
import { requireWholeLedger } from './require-whole-ledger.js';

export interface OpenLedgerOptions extends Omit<LedgerOptions, 'client' | 'reportFrom' | 'relayPosition'> {
  readonly client: Pick<KafkaClient, 'admin' | 'follow'>;
}

/**
 * Begins to fold the ledger, after checking that it is the one that this installation has used and that the topics have safe settings.
 * @throws LedgerLostError, UnsafeTopicError
 */
export async function openLedger(options: OpenLedgerOptions): Promise<Ledger> {
  const { client, topicPrefix } = options;
  const ledgerTopic = topicName(topicPrefix, TOPICS.dispatchLedger);
  const commandsTopic = topicName(topicPrefix, TOPICS.commands);
  const relayGroup = groupName(topicPrefix, GROUPS.relay);
  const inboxGroup = groupName(topicPrefix, GROUPS.inbox);
  await requireSafeTopics(client, [commandsTopic, topicName(topicPrefix, TOPICS.operatorCommands)], ledgerTopic);
  const reportFrom = await requireWholeLedger(client, { ledgerTopic, commandsTopic, relayGroup, inboxGroup });
  const relayPosition = async (): Promise<bigint> => {
    const committed = await client.admin().committed(relayGroup, ledgerTopic);
    return committed.get(LEDGER_PARTITION) ?? 0n;
  };
  return await Ledger.follow({ ...options, reportFrom, relayPosition });
}

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
