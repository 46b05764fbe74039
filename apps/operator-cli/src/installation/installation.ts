import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { createLogger, loadSettings, printableLines } from '@callbus/chassis';
import { encodeCloudEvent, MESSAGES, placeOfKey, topicName, TOPICS, type CloudEvent, type TopicSpec } from '@callbus/contracts';
import { kafkaClientOf, type KafkaClient, type ReceivedRecord, type SentRecord, type UnreadableBatch } from '@callbus/kafka';
import { OperatorSettings } from './operator-settings.js';

/** The source, in CloudEvents, of the commands that this tool sends. */
export const COMMAND_SOURCE = '/operator-cli';

/** One installation of callbus, as it is on Kafka. */
export class Installation {
  readonly client: KafkaClient;

  private constructor(readonly settings: OperatorSettings) {
    const logger = createLogger('operator-cli', settings.logLevel, (line) => process.stderr.write(printableLines(line)));
    this.client = kafkaClientOf(settings.kafka, { principal: 'operator' }, logger);
  }

  /** @throws ConfigError with every fault of the environment */
  static open(environment: NodeJS.ProcessEnv): Installation {
    const settings = loadSettings(OperatorSettings, environment);
    if (settings.trustedCa !== undefined) setDefaultCACertificates([...getCACertificates('default'), settings.trustedCa]);
    return new Installation(settings);
  }

  get topicPrefix(): string {
    return this.settings.kafka.topicPrefix;
  }

  get partitions(): number {
    return this.settings.kafka.partitions;
  }

  nameOf(topic: TopicSpec): string {
    return topicName(this.topicPrefix, topic);
  }

  /**
   * Passes every record that is in the topic now, or in these partitions of it, to the callback.
   * @param onUnreadable called with each unreadable batch; without it such a batch ends the read, unless an operator has ordered to pass over it
   */
  async read(
    topic: TopicSpec,
    onRecord: (record: ReceivedRecord) => void,
    partitions?: readonly number[],
    onUnreadable?: (batch: UnreadableBatch) => void,
  ): Promise<void> {
    const { promise: failed, reject } = Promise.withResolvers<never>();
    const follower = await this.client.follow({
      topic: this.nameOf(topic),
      ...(partitions && { partitions }),
      atUnreadable: onUnreadable === undefined ? 'end' : 'pass',
      ...(onUnreadable && { onPassedOver: onUnreadable }),
      onRecord,
      onFatal: reject,
      standstillMs: this.settings.readTimeoutMs,
    });
    try {
      await Promise.race([follower.caughtUp(), failed]);
    } finally {
      await follower.stop();
    }
  }

  /** Resolves when all in-sync replicas have the command. @returns where it is */
  async command(command: CloudEvent<{ callId: string }>): Promise<SentRecord> {
    const isOperators = Object.hasOwn(MESSAGES.operatorCommands.types, command.type);
    const topic = isOperators ? TOPICS.operatorCommands : TOPICS.commands;
    const record = { ...placeOfKey(topic, command.data.callId, this), ...encodeCloudEvent(command) };
    const sender = await this.client.sender();
    try {
      const [sent] = await sender.send([record]);
      return sent as SentRecord;
    } finally {
      await sender.close();
    }
  }
}
