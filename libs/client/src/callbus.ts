import {
  callIdFor,
  ContractError,
  createCallCommand,
  DATE_TIME_RULE,
  dateTimeMs,
  decodeCommand,
  encodeCloudEvent,
  endCallCommand,
  placeOfKey,
  topicName,
  TOPICS,
  type CloudEvent,
  type CreateCallData,
} from '@callbus/contracts';
import {
  createKafkaClient,
  type KafkaClient,
  type KafkaClientOptions,
  type KafkaLogger,
  type RecordSender,
} from '@callbus/kafka';
import { openSubscription, type SubscribeOptions, type Subscription } from './subscription.js';

export interface CallbusOptions extends Pick<KafkaClientOptions, 'brokers' | 'ssl' | 'sasl' | 'sessionTimeoutMs'> {
  /** Who sends: the CloudEvents' `source`, as `/alerts`. With a `key`, it is a part of what a call is known by. */
  readonly source: string;
  /** KAFKA_TOPIC_PREFIX of the installation. @default calls. */
  readonly topicPrefix?: string;
  /** @default what is wrong goes to standard error */
  readonly logger?: KafkaLogger;
}

export interface CallToPlace extends Omit<CreateCallData, 'callId'> {
  /**
   * What the call is for, as an alert's number: the same tenant, source and key are the same call however often it is placed,
   * so whoever is redelivered its own trigger does not ring twice. Without it each call is a new one.
   */
  readonly key?: string;
}

const DEFAULT_PREFIX = 'calls.';

/**
 * Connects a producer and subscriber of calls. While Kafka is unreachable it rejects after about ten seconds; the caller may
 * call it again. Once connected, it reconnects by itself.
 * @throws KafkaError UNREACHABLE, UNAUTHENTICATED, UNAUTHORIZED, TOPIC_MISSING, each with the fix in its message
 */
export async function connectCallbus(options: CallbusOptions): Promise<Callbus> {
  const { source, topicPrefix = DEFAULT_PREFIX, logger = STANDARD_ERROR, ...kafka } = options;
  const client = createKafkaClient({
    ...kafka,
    logger,
    clientId: `callbus-client${source.replaceAll(/[^\w.-]+/g, '-')}`,
    // Subscribers may read the repairs. This prefix is that of a subscriber's own groups.
    followerGroupPrefix: `${topicPrefix}subscriber`,
    repairsTopic: topicName(topicPrefix, TOPICS.repairs),
  });
  try {
    const sender = await client.sender();
    try {
      const partitions = await client.admin().partitionCount(topicName(topicPrefix, TOPICS.commands));
      return new Callbus({ client, sender, source, topicPrefix, partitions, logger });
    } catch (error) {
      await sender.close();
      throw error;
    }
  } catch (error) {
    await client.close();
    throw error;
  }
}

interface Connection {
  readonly client: KafkaClient;
  readonly sender: RecordSender;
  readonly source: string;
  readonly topicPrefix: string;
  /** Of the commands topic. */
  readonly partitions: number;
  readonly logger: KafkaLogger;
}

/** Places and ends calls, and subscribes to what becomes of them. Made by `connectCallbus`. */
export class Callbus {
  private readonly subscriptions = new Set<Subscription>();

  constructor(private readonly connection: Connection) {}

  /**
   * Resolves when the command is on Kafka for good; what becomes of the call is told by its events. Placing it again after an
   * error is harmless if it has a key.
   * @returns the callId, by which the call goes for its whole life
   * @throws ContractError for what the dispatcher would refuse to read, with each fault's path, and for a `notAfter` that names no
   * instant, with which the call would fail; KafkaError
   */
  async placeCall({ key, ...call }: CallToPlace): Promise<string> {
    if (call.notAfter !== undefined && dateTimeMs(call.notAfter) === null)
      throw new ContractError('INVALID_MESSAGE', `notAfter: ${DATE_TIME_RULE}.`);
    const callId = callIdFor(call.tenantId, this.connection.source, key ?? null);
    await this.send(createCallCommand(this.connection.source, { callId, ...call }));
    return callId;
  }

  /**
   * Hangs up; a call that is not dialled yet is cancelled. Repeating it is harmless, and asks Graph again to end a call that lives,
   * also after `CallEndFailed`. Resolves when the command is on Kafka.
   * @throws ContractError, KafkaError
   */
  async endCall(call: { readonly callId: string; readonly tenantId: string }): Promise<void> {
    const { callId, tenantId } = call;
    await this.send(endCallCommand(this.connection.source, { callId, tenantId }));
  }

  /**
   * Resolves when it listens; the first events come when its group has been given partitions.
   * @throws KafkaError as `connectCallbus`, also when its principal may not read the events or join the group
   */
  async subscribe(options: SubscribeOptions): Promise<Subscription> {
    const subscription = await openSubscription(this.connection, options);
    this.subscriptions.add(subscription);
    return subscription;
  }

  /** Stops the subscriptions, sends what waits, and disconnects. */
  async close(): Promise<void> {
    await Promise.all([...this.subscriptions].map((subscription) => subscription.stop()));
    await this.connection.sender.close();
    await this.connection.client.close();
  }

  private async send(command: CloudEvent<{ callId: string }>): Promise<void> {
    const { callId } = command.data;
    const { value, headers } = encodeCloudEvent(command);
    decodeCommand(Buffer.from(callId), value, headers);
    const place = placeOfKey(TOPICS.commands, callId, this.connection);
    await this.connection.sender.send([{ ...place, value, headers }]);
  }
}

const ignore = (): void => undefined;
const toStandardError = (fields: object, message: string): void => {
  console.error(message, fields);
};
const STANDARD_ERROR: KafkaLogger = { debug: ignore, info: ignore, warn: toStandardError, error: toStandardError };
