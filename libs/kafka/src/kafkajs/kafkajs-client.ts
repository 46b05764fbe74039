// This folder alone imports kafkajs: unmaintained since 2023 (trap T12), so another client must be able to take its place.
// docs/kafka-client.md lists its traps, T1 to T12.
import { randomUUID } from 'node:crypto';
import { Kafka, logLevel, type KafkaConfig, type Producer } from 'kafkajs';
import type { RecordRange, Repair } from '@callbus/contracts';
import { Registry } from 'prom-client';
import { KafkaError } from '../port/errors.js';
import type {
  Condition,
  ConsumeOptions,
  FollowOptions,
  KafkaAdmin,
  KafkaClient,
  RecordConsumer,
  RecordSender,
  TopicFollower,
} from '../port/kafka-client.js';
import type { KafkaLogger } from '../port/kafka-logger.js';
import { KafkaMetrics } from '../telemetry/kafka-metrics.js';
import { PollLoops } from '../consume/poll-loop.js';
import { traced } from '../telemetry/traced-client.js';
import { isTracing } from '../telemetry/traceparent.js';
import { UnreadablePlaces } from '../consume/unreadable-places.js';
import { kafkaErrorOf } from './kafka-error-of.js';
import { KafkajsAdmin } from './kafkajs-admin.js';
import { heartbeatMs, KafkajsConsumer } from './kafkajs-consumer.js';
import { KafkajsFollower } from './kafkajs-follower.js';
import { logTo } from './kafkajs-log.js';
import { KafkajsSender } from './kafkajs-sender.js';
import { mendFetches, mendFetchTimeout, mendNullHeaders, mendRequestQueue, mendRestarts, mendRetriable } from './mends.js';
import { readerOf } from './reader.js';
import { Repairs } from './repairs.js';
import { RETRY } from './retry.js';

export interface KafkaClientOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** How the names of the groups begin that follow a topic. @default clientId */
  readonly followerGroupPrefix?: string;
  readonly logger: KafkaLogger;
  /** PEM: whom to trust, and by what this client proves who it is (mTLS). */
  readonly ssl?: { readonly ca?: string; readonly cert?: string; readonly key?: string } | boolean;
  readonly sasl?:
    | {
        readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
        readonly username: string;
        readonly password: string;
      }
    | {
        readonly mechanism: 'oauthbearer';
        /** Asked for a token at every connection. */
        readonly token: () => Promise<string>;
      };
  /** A member of a consumer group that is silent for so long loses its partitions. @default 10000 */
  readonly sessionTimeoutMs?: number;
  /** Milliseconds without a record, while some are left to read, after which a reader of a whole topic counts as standing still. @default 60000 */
  readonly standstillMs?: number;
  /** Largest batch of records, in bytes after decompression; one limit for the whole process. @default 67108864 */
  readonly maxBatchBytes?: number;
  /** Full name of the topic with the orders to pass over unreadable records. @default no record is passed over */
  readonly repairsTopic?: string;
  /** Where all that is measured is registered. @default a registry that nobody reads */
  readonly registry?: Registry;
}

const REQUEST_TIMEOUT_MS = 10_000;
const SESSION_TIMEOUT_MS = 10_000;
const CONNECTION_TIMEOUT_MS = 3_000;
/** Nothing that a loop waits for takes longer than one request and the wait after it. */
const LEAST_LOOP_LIMIT_MS = REQUEST_TIMEOUT_MS + CONNECTION_TIMEOUT_MS + RETRY.maxRetryTime;
/** Eight times the largest record that a topic of ours takes. */
const MAX_BATCH_BYTES = 64 * 1024 * 1024;
const MAX_BYTES_PER_PARTITION = 512 * 1024;
/** A follower shows progress only when a whole fetch has arrived. Over a slow connection a large fetch would look like a standstill. */
const FOLLOWER_FETCH_BYTES = 1024 * 1024;
/** Over a slow connection one fetch may take this long. A follower is alone in its group, so no other member waits for its partitions. */
const FOLLOWER_SESSION_TIMEOUT_MS = 60_000;
const STANDSTILL_MS = 60_000;
const MAX_WAIT_MS = 250;

export function createKafkaClient(options: KafkaClientOptions): KafkaClient {
  const client = new KafkajsClient(options);
  return isTracing() ? traced(client) : client;
}

class KafkajsClient implements KafkaClient {
  private readonly config: KafkaConfig;
  private readonly kafka: Kafka;
  private readonly adminClient: KafkajsAdmin;
  private readonly loops: PollLoops;
  private readonly metrics: KafkaMetrics;
  private readonly repairs: Repairs | null;
  private readonly places: UnreadablePlaces;

  constructor(private readonly options: KafkaClientOptions) {
    mendRequestQueue();
    mendNullHeaders();
    mendFetchTimeout();
    mendRestarts();
    mendRetriable();
    mendFetches(options.maxBatchBytes ?? MAX_BATCH_BYTES);
    this.metrics = new KafkaMetrics(options.registry ?? new Registry());
    this.loops = new PollLoops(Math.max(3 * (options.sessionTimeoutMs ?? SESSION_TIMEOUT_MS), LEAST_LOOP_LIMIT_MS));
    const { brokers, clientId, ssl, sasl } = options;
    const config: KafkaConfig = {
      brokers: [...brokers],
      clientId,
      retry: RETRY,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      logLevel: logLevel.INFO,
      logCreator: logTo(options.logger),
    };
    if (ssl !== undefined) config.ssl = typeof ssl === 'boolean' ? ssl : { ...ssl };
    if (sasl?.mechanism === 'oauthbearer') {
      config.sasl = { mechanism: sasl.mechanism, oauthBearerProvider: async () => ({ value: await tokenOf(sasl.token) }) };
    } else if (sasl !== undefined) {
      // The client's type wants one literal mechanism per variant; ours is their union.
      config.sasl = sasl as NonNullable<KafkaConfig['sasl']>;
    }
    this.config = config;
    this.kafka = new Kafka(config);
    this.adminClient = new KafkajsAdmin(this.kafka);
    const { repairsTopic: topic, logger } = options;
    this.repairs = topic === undefined ? null : new Repairs({ client: this, topic, logger });
    this.places = new UnreadablePlaces({ repairOf: (range) => this.repairOf(range), logger });
  }

  async sender(): Promise<RecordSender> {
    // T8: never idempotent: after a reconnect such a producer fails for ever; ids make repeats harmless instead.
    const producer = this.kafka.producer({ allowAutoTopicCreation: false, idempotent: false, retry: RETRY });
    await connected(producer);
    return new KafkajsSender(producer, this.adminClient, this.metrics);
  }

  async consume(options: ConsumeOptions): Promise<RecordConsumer> {
    const sessionTimeout = this.options.sessionTimeoutMs ?? SESSION_TIMEOUT_MS;
    const loop = this.loops.begin(options.topic);
    const consumer = readerOf(this.config, loop, {
      groupId: options.group,
      sessionTimeout,
      rebalanceTimeout: sessionTimeout * 2,
      heartbeatInterval: heartbeatMs(sessionTimeout),
      maxBytesPerPartition: MAX_BYTES_PER_PARTITION,
      maxWaitTimeInMs: MAX_WAIT_MS,
      allowAutoTopicCreation: false,
      retry: RETRY,
    });
    const { logger } = this.options;
    const running = new KafkajsConsumer(consumer, options, {
      sessionTimeoutMs: sessionTimeout,
      loop,
      logger,
      metrics: this.metrics,
      unreadable: this.places,
    });
    await startedOrStopped(running);
    return running;
  }

  async follow(options: FollowOptions): Promise<TopicFollower> {
    const { clientId, followerGroupPrefix = clientId } = this.options;
    const loop = this.loops.begin(options.topic);
    const consumer = readerOf(this.config, loop, {
      groupId: `${followerGroupPrefix}-follower-${randomUUID()}`,
      sessionTimeout: FOLLOWER_SESSION_TIMEOUT_MS,
      maxBytesPerPartition: FOLLOWER_FETCH_BYTES,
      maxBytes: FOLLOWER_FETCH_BYTES,
      maxWaitTimeInMs: MAX_WAIT_MS,
      allowAutoTopicCreation: false,
      retry: RETRY,
    });
    const { standstillMs = this.options.standstillMs ?? STANDSTILL_MS } = options;
    const parts = { loop, metrics: this.metrics, unreadable: this.places };
    const follower = new KafkajsFollower(consumer, { ...options, standstillMs }, this.adminClient, parts);
    await startedOrStopped(follower);
    return follower;
  }

  admin(): KafkaAdmin {
    return this.adminClient;
  }

  liveness(): Condition {
    return this.loops.condition();
  }

  unreadable(): Condition {
    return this.places.condition();
  }

  async repairOf(range: RecordRange): Promise<Repair | null> {
    return (await this.repairs?.of(range)) ?? null;
  }

  async close(): Promise<void> {
    await this.repairs?.close();
    await this.adminClient.close();
  }
}

/**
 * Without a token the client should retry, as without a broker. kafkajs retries an error whose root is `retriable`. For this error
 * type it opens a fresh connection, which it must, since Kafka refuses a second handshake on the same one.
 */
async function tokenOf(token: () => Promise<string>): Promise<string> {
  try {
    return await token();
  } catch (error) {
    const { message, cause } = error as Error;
    const why = cause instanceof Error ? `${message}, ${cause.message}` : message;
    const failure = new KafkaError('UNAUTHENTICATED', `There is no token for Kafka: ${why}.`);
    throw Object.assign(failure, { retriable: true, type: 'ILLEGAL_SASL_STATE' });
  }
}

/** One that may not read its topic, or its group, has connected before it hears of it. */
async function startedOrStopped(one: { start(): Promise<void>; stop(): Promise<void> }): Promise<void> {
  try {
    await one.start();
  } catch (error) {
    await one.stop();
    throw kafkaErrorOf(error);
  }
}

/** A producer whose connect failed may still be connected to some of the brokers. */
async function connected(producer: Producer): Promise<void> {
  try {
    await producer.connect();
  } catch (error) {
    await producer.disconnect();
    throw kafkaErrorOf(error);
  }
}
