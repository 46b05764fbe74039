import { groupName, GROUPS, topicName, TOPICS } from '@callbus/contracts';
import type { KafkaClient } from '@callbus/kafka';
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
