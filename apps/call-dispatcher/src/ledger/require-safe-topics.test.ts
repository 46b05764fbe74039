import { TOPICS } from '@callbus/contracts';
import type { KafkaAdmin } from '@callbus/kafka';
import { requireSafeTopics } from './require-safe-topics.js';

type Config = Readonly<Record<string, string>>;

/** Asks for topics with these settings instead of those that they should have. */
function requireWith(changed: {
  readonly commands?: Config;
  readonly operatorCommands?: Config;
  readonly ledger?: Config;
}): Promise<void> {
  const describe = (topic: string, ...configs: readonly (Config | undefined)[]) => ({
    topic,
    partitions: 1,
    replicationFactor: 1,
    config: Object.assign({}, ...configs) as Config,
  });
  const admin: Pick<KafkaAdmin, 'describeTopics'> = {
    describeTopics: () =>
      Promise.resolve([
        describe('ledger', TOPICS.dispatchLedger.config, changed.ledger),
        describe('commands', TOPICS.commands.config, changed.commands),
        describe('operator-commands', TOPICS.operatorCommands.config, changed.operatorCommands),
      ]),
  };
  return requireSafeTopics({ admin: () => admin as KafkaAdmin }, ['commands', 'operator-commands'], 'ledger');
}

it('takes the topics as they should be, and a ledger that is kept for longer', async () => {
  await requireWith({});
  await requireWith({ ledger: { 'retention.ms': '-1' }, commands: { 'retention.ms': '-1' } });
});

it.each<[string, Parameters<typeof requireWith>[0], RegExp]>([
  [
    'is compacted',
    { ledger: { 'cleanup.policy': 'compact' } },
    /ledger has cleanup\.policy=compact\..*--add-config cleanup\.policy=delete$/,
  ],
  ['is compacted too', { ledger: { 'cleanup.policy': 'compact,delete' } }, /cleanup\.policy=compact,delete/],
  ['has the time of its writers', { ledger: { 'message.timestamp.type': 'CreateTime' } }, /ledger has .*=CreateTime/],
  [
    'is kept for no longer than the commands',
    { ledger: { 'retention.ms': '604800000' } },
    /--add-config retention\.ms=691200000$/,
  ],
  [
    'is not kept for as long as commands that are kept for ever',
    { commands: { 'retention.ms': '-1' } },
    /--add-config retention\.ms=-1$/,
  ],
  [
    'is kept for no longer than the operator’s commands',
    { operatorCommands: { 'retention.ms': '3888000000' } },
    /ledger has .*--add-config retention\.ms=3974400000$/,
  ],
])('refuses a ledger that %s (G1)', async (_what, changed, message) => {
  await expect(requireWith(changed)).rejects.toThrow(message);
});

it.each(['commands', 'operatorCommands'] as const)('refuses %s that have the time of their senders (G9)', async (topic) => {
  const { name } = TOPICS[topic];
  await expect(requireWith({ [topic]: { 'message.timestamp.type': 'CreateTime' } })).rejects.toThrow(
    `${name} has message.timestamp.type=CreateTime`,
  );
});

it('refuses an operator’s commands that are compacted, which would lose all but the last of a call', async () => {
  await expect(requireWith({ operatorCommands: { 'cleanup.policy': 'compact' } })).rejects.toThrow(
    'operator-commands has cleanup.policy=compact',
  );
});
