import type { KafkaClient, TopicDescription } from '@callbus/kafka';

const DAY_MS = 24 * 60 * 60 * 1_000;

/** A topic is set up so that calls could be dialled twice, or after their time. */
export class UnsafeTopicError extends Error {
  readonly code = 'UNSAFE_TOPIC';

  constructor({ topic, config }: TopicDescription, wanted: Readonly<Record<string, string>>) {
    const is = Object.keys(wanted).map((setting) => `${setting}=${config[setting] ?? 'not set'}`);
    const toBe = Object.entries(wanted).map(([setting, value]) => `${setting}=${value}`);
    super(
      `${topic} has ${is.join(', ')}. Calls could be dialled twice, or after their time, so nothing is started. Set it right: ` +
        `kafka-configs.sh --alter --entity-type topics --entity-name ${topic} --add-config ${toBe.join(',')}`,
    );
    this.name = 'UnsafeTopicError';
  }
}

/**
 * Refuses to work on topics whose settings break the ledger's protocol: it keeps every record until no command can be read
 * again, and all its times are the broker's.
 * @throws UnsafeTopicError
 */
export async function requireSafeTopics(
  client: Pick<KafkaClient, 'admin'>,
  commandTopics: readonly string[],
  ledgerTopic: string,
): Promise<void> {
  const topics = await client.admin().describeTopics([...commandTopics, ledgerTopic]);
  const commands = topics.filter(({ topic }) => commandTopics.includes(topic));
  const longestMs = Math.max(...commands.map(retentionMsOf));
  for (const topic of topics) {
    const shortestMs = commands.includes(topic) ? 0 : longestMs + DAY_MS;
    const wanted = {
      ...(topic.config['cleanup.policy'] !== 'delete' && { 'cleanup.policy': 'delete' }),
      ...(topic.config['message.timestamp.type'] !== 'LogAppendTime' && { 'message.timestamp.type': 'LogAppendTime' }),
      ...(retentionMsOf(topic) < shortestMs && { 'retention.ms': shortestMs === Infinity ? '-1' : String(shortestMs) }),
    };
    if (Object.keys(wanted).length > 0) throw new UnsafeTopicError(topic, wanted);
  }
}

/** Kafka's -1 is for ever. */
function retentionMsOf({ config }: TopicDescription): number {
  const retentionMs = Number(config['retention.ms']);
  return retentionMs === -1 ? Infinity : retentionMs;
}
