// The one file that imports kafkajs: unmaintained since 2023 (trap T12), so another client must be able to take its place.
import { createRequire } from 'node:module';
import { randomUUID } from 'node:crypto';
import kafkajs, {
  CompressionTypes,
  Kafka,
  logLevel,
  type Admin,
  type Consumer,
  type ConsumerConfig,
  type EachBatchPayload,
  type IHeaders,
  type ISocketFactory,
  type KafkaConfig,
  type KafkaMessage,
  type logCreator,
  type Producer,
  type ProducerBatch,
} from 'kafkajs';
import { Registry } from 'prom-client';
import { BrokerContact } from './broker-contact.js';
import { ConsumerLag } from './consumer-lag.js';
import { dispositionOf } from './disposition-of.js';
import { KAFKA_ERRORS, KafkaError, type KafkaErrorCode } from './errors.js';
import { GatheringSender, type PartitionAck } from './gathering-sender.js';
import type {
  AclRule,
  Condition,
  ConsumeOptions,
  FollowOptions,
  HeaderValue,
  KafkaAdmin,
  KafkaClient,
  OffsetRange,
  OutgoingRecord,
  ReceivedRecord,
  RecordConsumer,
  RecordContext,
  RecordSender,
  TopicDescription,
  TopicFollower,
  TopicToEnsure,
} from './kafka-client.js';
import { FOLLOWER, KafkaMetrics } from './kafka-metrics.js';
import { PollLoops, type PollLoop } from './poll-loop.js';
import { runByKey } from './run-by-key.js';
import { traced } from './traced-client.js';
import { isTracing } from './traceparent.js';

// Node sees no further names in that CommonJS module.
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ConfigResourceTypes, ResourcePatternTypes } = kafkajs;

/** What this library needs of a logger. */
export interface KafkaLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

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
  /** Where all that is measured is registered. @default a registry that nobody reads */
  readonly registry?: Registry;
}

/** T10: said here, since the client's defaults change with NODE_ENV. */
const RETRY = { initialRetryTime: 100, maxRetryTime: 2_000, factor: 0.2, multiplier: 2, retries: 8 };
const REQUEST_TIMEOUT_MS = 10_000;
const SEND_TIMEOUT_MS = 10_000;
const SESSION_TIMEOUT_MS = 10_000;
const CONNECTION_TIMEOUT_MS = 3_000;
/** Nothing that a loop waits for takes longer than one request and the wait after it. */
const LEAST_LOOP_LIMIT_MS = REQUEST_TIMEOUT_MS + CONNECTION_TIMEOUT_MS + RETRY.maxRetryTime;
const CONTACT_LIMITS = { everyMs: 3_000, withinMs: 10_000 };
/** A record that is worth the time that compression takes; many small ones together are not. */
const COMPRESS_FROM_BYTES = 64 * 1024;
const MAX_BYTES_PER_PARTITION = 512 * 1024;
const FOLLOWER_BYTES_PER_PARTITION = 4 * 1024 * 1024;
const ADMIN_FIRST_WAIT_MS = 50;
const ADMIN_LONGEST_WAIT_MS = 5_000;
const REACH_TIMEOUT_MS = 60_000;
const MAX_WAIT_MS = 250;
const DEFAULT_CONCURRENCY = 64;

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

  constructor(private readonly options: KafkaClientOptions) {
    mendRequestQueue();
    mendNullHeaders();
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
      config.sasl = { mechanism: sasl.mechanism, oauthBearerProvider: async () => ({ value: await sasl.token() }) };
    } else if (sasl !== undefined) {
      // The client's type wants one literal mechanism per variant; ours is their union.
      config.sasl = sasl as NonNullable<KafkaConfig['sasl']>;
    }
    this.config = config;
    this.kafka = new Kafka(config);
    this.adminClient = new KafkajsAdmin(this.kafka);
  }

  async sender(): Promise<RecordSender> {
    // T8: never idempotent: after a reconnect such a producer fails for ever; ids make repeats harmless instead.
    const producer = this.kafka.producer({ allowAutoTopicCreation: false, idempotent: false, retry: RETRY });
    await producer.connect();
    return new KafkajsSender(producer, this.adminClient, this.metrics);
  }

  async consume(options: ConsumeOptions): Promise<RecordConsumer> {
    const sessionTimeout = options.sessionTimeoutMs ?? this.options.sessionTimeoutMs ?? SESSION_TIMEOUT_MS;
    const loop = this.loops.begin(options.topic);
    const consumer = this.reader(loop, {
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
    });
    await startedOrStopped(running);
    return running;
  }

  async follow(options: FollowOptions): Promise<TopicFollower> {
    const { clientId, followerGroupPrefix = clientId } = this.options;
    const loop = this.loops.begin(options.topic);
    const consumer = this.reader(loop, {
      groupId: `${followerGroupPrefix}-follower-${randomUUID()}`,
      sessionTimeout: SESSION_TIMEOUT_MS,
      maxBytesPerPartition: FOLLOWER_BYTES_PER_PARTITION,
      maxWaitTimeInMs: MAX_WAIT_MS,
      allowAutoTopicCreation: false,
      retry: RETRY,
    });
    const follower = new KafkajsFollower(consumer, options, this.adminClient, { loop, metrics: this.metrics });
    await startedOrStopped(follower);
    return follower;
  }

  admin(): KafkaAdmin {
    return this.adminClient;
  }

  liveness(): Condition {
    return this.loops.condition();
  }

  async close(): Promise<void> {
    await this.adminClient.close();
  }

  /** A consumer that shows in the loop whatever it does: also that it tries to connect, of which the client itself tells nothing. */
  private reader(loop: PollLoop, config: ConsumerConfig): Consumer {
    const socketFactory: ISocketFactory = (options) => {
      loop.turned();
      return connectSocket(options);
    };
    const consumer = new Kafka({ ...this.config, socketFactory }).consumer(config);
    const { FETCH_START, FETCH, GROUP_JOIN, REBALANCING, CRASH, REQUEST, REQUEST_TIMEOUT } = consumer.events;
    for (const event of [FETCH_START, FETCH, GROUP_JOIN, REBALANCING, CRASH, REQUEST, REQUEST_TIMEOUT]) {
      (consumer.on as (name: string, listener: () => void) => void)(event, () => {
        loop.turned();
      });
    }
    return consumer;
  }
}

/** One that may not read its topic, or its group, has connected before it hears of it. */
async function startedOrStopped(one: { start(): Promise<void>; stop(): Promise<void> }): Promise<void> {
  try {
    await one.start();
  } catch (error) {
    await one.stop();
    throw error;
  }
}

class KafkajsSender implements RecordSender {
  private readonly gathering: GatheringSender;
  private readonly contact: BrokerContact;

  constructor(
    private readonly producer: Producer,
    admin: Pick<KafkaAdmin, 'brokers'>,
    private readonly metrics: KafkaMetrics,
  ) {
    this.gathering = new GatheringSender((records) => this.sendBatch(records));
    this.contact = new BrokerContact(() => admin.brokers(), CONTACT_LIMITS);
    this.contact.start();
  }

  async send(records: readonly OutgoingRecord[]): ReturnType<RecordSender['send']> {
    try {
      const sent = await this.gathering.send(records);
      this.contact.answered();
      this.metrics.sent(records);
      return sent;
    } catch (error) {
      if (error instanceof KafkaError && error.code === 'SEND_FAILED') this.contact.failed(error.cause);
      this.metrics.notSent(records);
      throw error;
    }
  }

  condition(): Condition {
    return this.contact.condition();
  }

  async close(): Promise<void> {
    this.contact.stop();
    await this.gathering.close();
    await this.producer.disconnect();
  }

  private async sendBatch(records: readonly OutgoingRecord[]): Promise<PartitionAck[]> {
    const isLarge = records.some(({ value }) => (value?.length ?? 0) >= COMPRESS_FROM_BYTES);
    const topics = new Map<
      string,
      { partition: number; key: string | Buffer | null; value: string | Buffer | null; headers: IHeaders }[]
    >();
    for (const { topic, partition, key, value, headers } of records) {
      const message = { partition, key, value, headers: safeHeaders(headers ?? {}) };
      const messages = topics.get(topic);
      if (messages === undefined) topics.set(topic, [message]);
      else messages.push(message);
    }
    const batch: ProducerBatch = {
      acks: -1,
      timeout: SEND_TIMEOUT_MS,
      compression: isLarge ? CompressionTypes.GZIP : CompressionTypes.None,
      topicMessages: [...topics].map(([topic, messages]) => ({ topic, messages })),
    };
    const answers = await this.producer.sendBatch(batch).catch((error: unknown) => {
      throw refusalOf(error) ?? error;
    });
    const acks = answers
      .filter((answer) => answer.errorCode === 0)
      .map(({ topicName, partition, baseOffset, logAppendTime }) => ({
        topic: topicName,
        partition,
        baseOffset: BigInt(baseOffset ?? '-1'),
        appendedAtMs: logAppendTime === undefined || logAppendTime === '-1' ? null : Number(logAppendTime),
      }));
    const asked = new Set(records.map(({ topic, partition }) => `${topic}/${String(partition)}`));
    this.metrics.leftOut(asked.size - acks.length);
    return acks;
  }
}

/** What Kafka says of a record that it will never take; the client wraps it into an error of its own. */
const REFUSALS: readonly unknown[] = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD'];

function refusalOf(error: unknown): KafkaError | null {
  const { type, cause } = error as { type?: unknown; cause?: { type?: unknown } };
  const isRefused = REFUSALS.includes(type) || REFUSALS.includes(cause?.type);
  return isRefused ? new KafkaError('RECORD_REFUSED', (error as Error).message, { cause: error }) : null;
}

/** T3: the client's encoder throws TypeErrors at numbers and objects; whatever the types say, nothing else gets through. */
function safeHeaders(headers: Readonly<Record<string, HeaderValue>>): IHeaders {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => {
      if (value === undefined) return [];
      return [[name, Array.isArray(value) ? value.map(safeHeader) : safeHeader(value)]];
    }),
  );
}

function safeHeader(value: unknown): string | Buffer {
  if (value === null) return NULL_HEADER;
  if (typeof value === 'string' || Buffer.isBuffer(value)) return value;
  return JSON.stringify(value);
}

interface ReaderParts {
  readonly loop: PollLoop;
  readonly metrics: KafkaMetrics;
}

interface ConsumerParts extends ReaderParts {
  readonly sessionTimeoutMs: number;
  readonly logger: KafkaLogger;
}

class KafkajsConsumer implements RecordConsumer {
  private readonly stopping = new AbortController();
  private partitions: readonly number[] = [];
  /** Counts the assignments; a batch may commit only under the one that read it. */
  private generation = 0;
  private assigned: Promise<void> = Promise.resolve();
  private isJoined = false;
  private readonly lag = new ConsumerLag();

  constructor(
    private readonly consumer: Consumer,
    private readonly options: ConsumeOptions,
    private readonly parts: ConsumerParts,
  ) {}

  async start(): Promise<void> {
    const { consumer, options, lag } = this;
    const { metrics } = this.parts;
    metrics.watch(options.topic, options.group, lag);
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      this.generation += 1;
      this.partitions = payload.memberAssignment[options.topic] ?? [];
      this.isJoined = true;
      metrics.assigned(options.group);
      lag.keep(this.partitions);
      this.assigned = Promise.resolve(options.onAssigned?.(this.partitions));
      this.assigned.catch(options.onFatal);
    });
    consumer.on(consumer.events.REBALANCING, () => {
      this.isJoined = false;
    });
    // T2: a crash that the client does not recover from leaves a process alive and deaf; it has to end.
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      this.isJoined = false;
      metrics.crashed(options.group, payload.restart);
      if (!payload.restart && !this.stopping.signal.aborted) options.onFatal(payload.error);
    });
    await consumer.connect();
    // T4: without fromBeginning an offset that is out of range silently becomes the latest.
    await consumer.subscribe({ topic: options.topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 64,
      eachBatch: (payload) => this.batch(payload),
    });
  }

  assignment(): readonly number[] {
    return this.partitions;
  }

  condition(): Condition {
    return this.isJoined ? { ok: true } : { ok: false, reason: `the consumer of ${this.options.topic} has not joined its group` };
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.parts.loop.end();
    await this.consumer.disconnect();
  }

  private async batch(payload: EachBatchPayload): Promise<void> {
    const { topic, partition } = payload.batch;
    const { generation } = this;
    const { loop, logger, sessionTimeoutMs } = this.parts;
    const lost = new AbortController();
    const signal = AbortSignal.any([lost.signal, this.stopping.signal]);
    const mayStart = (): boolean =>
      !signal.aborted &&
      payload.isRunning() &&
      !payload.isStale() &&
      generation === this.generation &&
      // T7: what was fetched before a rebalance is still delivered after it.
      this.partitions.includes(partition);
    // T7: on a timer, caught: a rebalance means to begin nothing more, and to finish what is under way.
    const beat = setInterval(() => {
      loop.turned();
      payload.heartbeat().catch((error: unknown) => {
        logger.debug({ err: error, topic, partition }, 'a heartbeat said that the assignment is over');
        lost.abort();
      });
    }, heartbeatMs(sessionTimeoutMs));
    try {
      await this.assigned;
      const records = payload.batch.messages.map((message) => receivedFrom(topic, partition, message));
      const [first] = records;
      if (first !== undefined) this.lag.fetched(partition, first.offset, BigInt(payload.batch.highWatermark));
      const done = await runByKey(
        records,
        this.options.concurrency ?? DEFAULT_CONCURRENCY,
        (record, isLastOfKey) => this.handle(record, isLastOfKey, signal, mayStart),
        mayStart,
      );
      const last = records[done - 1];
      if (last === undefined || generation !== this.generation) return;
      payload.resolveOffset(String(last.offset));
      // T5: only in here does a commit still work once the consumer is stopping.
      await payload.commitOffsetsIfNecessary({
        topics: [{ topic, partitions: [{ partition, offset: String(last.offset + 1n) }] }],
      });
      this.lag.done(partition, last.offset + 1n);
    } finally {
      clearInterval(beat);
    }
  }

  /** Measures the work on a record, and says it in one line. @returns whether the record is done with */
  private async handle(
    record: ReceivedRecord,
    isLastOfKey: boolean,
    signal: AbortSignal,
    mayGoOn: () => boolean,
  ): Promise<boolean> {
    const begunAtMs = performance.now();
    const noted: Record<string, unknown> = {};
    const note = (facts: Readonly<Record<string, unknown>>): void => {
      Object.assign(noted, facts);
    };
    const settled = await this.settle(record, (attempt) => ({ signal, attempt, isLastOfKey, note }), mayGoOn);
    if (settled === null) return false;
    const durationMs = performance.now() - begunAtMs;
    const { topic, partition, offset } = record;
    const { group } = this.options;
    this.parts.metrics.handled(topic, group, durationMs / 1_000);
    const place = { topic, partition, offset: String(offset), group };
    this.parts.logger.info({ ...place, ...noted, ...settled, durationMs: Math.round(durationMs) }, 'a record is done with');
    return true;
  }

  /** @returns what came of it; null: it is left to whoever reads it next */
  private async settle(
    record: ReceivedRecord,
    contextOf: (attempt: number) => RecordContext,
    mayGoOn: () => boolean,
  ): Promise<{ readonly outcome: 'handled' | 'dead letter'; readonly attempts: number } | null> {
    const { handler, deadLetter, onFatal } = this.options;
    const { signal } = contextOf(1);
    let run = (attempt: number): Promise<void> => handler(record, contextOf(attempt));
    let isPutAside = false;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await run(attempt);
        return { outcome: isPutAside ? 'dead letter' : 'handled', attempts: attempt };
      } catch (error) {
        const disposition = dispositionOf(error, attempt);
        // Without a place for dead letters, or with one that refuses it, the record must not be passed over.
        if (disposition.kind === 'stop' || (disposition.kind === 'dead-letter' && (deadLetter === undefined || isPutAside))) {
          onFatal(error);
          return null;
        }
        const { topic, partition, offset } = record;
        this.parts.logger.warn(
          { err: error, topic, partition, offset: String(offset), attempt, disposition },
          'a record could not be handled',
        );
        if (disposition.kind === 'dead-letter') {
          const attempts = attempt;
          isPutAside = true;
          run = async () => deadLetter?.(record, error, attempts);
          continue;
        }
        if (!mayGoOn()) return null;
        await delay(disposition.delayMs, signal);
        if (!mayGoOn()) return null;
      }
    }
  }
}

class KafkajsFollower implements TopicFollower {
  private readonly next = new Map<number, bigint>();
  private readonly waiting = new Set<{ isReached: () => boolean; resolve: () => void }>();
  private isStopping = false;
  private readonly behind = new ConsumerLag();

  constructor(
    private readonly consumer: Consumer,
    private readonly options: FollowOptions,
    private readonly admin: Pick<KafkaAdmin, 'offsets' | 'offsetsFrom'>,
    private readonly parts: ReaderParts,
  ) {}

  async start(): Promise<void> {
    const { consumer, options } = this;
    if (options.fromMs !== undefined) {
      for (const [partition, offset] of await this.admin.offsetsFrom(options.topic, options.fromMs)) {
        if (this.isFollowed(partition)) this.next.set(partition, offset);
      }
    }
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      const others = (payload.memberAssignment[options.topic] ?? []).filter((partition) => !this.isFollowed(partition));
      consumer.pause([{ topic: options.topic, partitions: others }]);
      for (const [partition, offset] of this.next) consumer.seek({ topic: options.topic, partition, offset: String(offset) });
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      this.parts.metrics.crashed(FOLLOWER, payload.restart);
      if (!payload.restart && !this.isStopping) options.onFatal(payload.error);
    });
    await consumer.connect();
    await consumer.subscribe({ topic: options.topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: 64,
      eachBatch: ({ batch }) => {
        try {
          const { topic, partition, messages, highWatermark } = batch;
          this.behind.fetched(partition, this.position(partition), BigInt(highWatermark));
          for (const message of messages) this.take(receivedFrom(topic, partition, message));
          this.behind.done(partition, this.position(partition));
        } catch (error) {
          options.onFatal(error);
        }
        return Promise.resolve();
      },
    });
  }

  async caughtUp(): Promise<void> {
    const ranges = await this.admin.offsets(this.options.topic).catch((error: unknown) => {
      throw new KafkaError('FOLLOWER_LATE', `Kafka did not say how far ${this.options.topic} goes.`, { cause: error });
    });
    await Promise.all(
      ranges
        .filter(({ partition, start, end }) => end > start && this.isFollowed(partition))
        .map(({ partition, end }) => this.reached(partition, end - 1n)),
    );
  }

  position(partition: number): bigint {
    return this.next.get(partition) ?? 0n;
  }

  lag(): number {
    return this.behind.records();
  }

  async reached(partition: number, offset: bigint): Promise<void> {
    const isReached = (): boolean => this.position(partition) > offset;
    if (isReached()) return;
    const { topic, reachTimeoutMs } = this.options;
    await new Promise<void>((resolve, reject) => {
      const waiter = {
        isReached,
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.waiting.delete(waiter);
        reject(new KafkaError('FOLLOWER_LATE', `${topic}/${String(partition)} was not read up to offset ${String(offset)}.`));
      }, reachTimeoutMs ?? REACH_TIMEOUT_MS);
      this.waiting.add(waiter);
    });
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    this.parts.loop.end();
    await this.consumer.disconnect();
  }

  private isFollowed(partition: number): boolean {
    return this.options.partitions?.includes(partition) ?? true;
  }

  private take(record: ReceivedRecord): void {
    if (record.offset < this.position(record.partition)) return;
    this.options.onRecord(record);
    this.next.set(record.partition, record.offset + 1n);
    for (const waiter of this.waiting) {
      if (!waiter.isReached()) continue;
      this.waiting.delete(waiter);
      waiter.resolve();
    }
  }
}

class KafkajsAdmin implements KafkaAdmin {
  private connected: Promise<Admin> | null = null;

  constructor(private readonly kafka: Kafka) {}

  async ensureTopics(topics: readonly TopicToEnsure[]): Promise<void> {
    const admin = await this.connect();
    const existing = new Set(await admin.listTopics());
    const missing = topics.filter(({ topic }) => !existing.has(topic));
    if (missing.length > 0) {
      await admin.createTopics({
        // Waiting so, the client gives up on a topic that the broker has not heard of yet.
        waitForLeaders: false,
        topics: missing.map(({ topic, partitions, replicationFactor, config }) => ({
          topic,
          numPartitions: partitions,
          replicationFactor,
          configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
        })),
      });
      await untilAnswered(() => admin.fetchTopicMetadata({ topics: missing.map(({ topic }) => topic) }));
    }
    await this.checkPartitions(topics);
  }

  async checkPartitions(topics: readonly Pick<TopicToEnsure, 'topic' | 'partitions'>[]): Promise<void> {
    const admin = await this.connect();
    const existing = new Set(await admin.listTopics());
    const missing = topics.filter(({ topic }) => !existing.has(topic)).map(({ topic }) => topic);
    if (missing.length > 0) throw new KafkaError('TOPIC_MISSING', `Missing: ${missing.join(', ')}.`);
    const { topics: found } = await admin.fetchTopicMetadata({ topics: topics.map(({ topic }) => topic) });
    for (const { topic, partitions } of topics) {
      const count = found.find(({ name }) => name === topic)?.partitions.length;
      if (count !== partitions)
        throw new KafkaError('PARTITION_COUNT', `${topic} has ${String(count)} partitions, not ${String(partitions)}.`);
    }
  }

  async partitionCount(topic: string): Promise<number> {
    const admin = await this.connect();
    // Metadata of a topic that there is not is asked for again and again, as if it were about to come.
    const existing = await admin.listTopics();
    if (!existing.includes(topic)) throw new KafkaError('TOPIC_MISSING', `Missing: ${topic}.`);
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics.find(({ name }) => name === topic)?.partitions.length ?? 0;
  }

  async brokers(): Promise<readonly string[]> {
    const admin = await this.connect();
    const { brokers } = await admin.describeCluster();
    return brokers.map(({ host, port }) => `${host}:${String(port)}`);
  }

  async describeTopics(topics: readonly string[]): Promise<readonly TopicDescription[]> {
    const admin = await this.connect();
    const existing = new Set(await admin.listTopics());
    const known = topics.filter((topic) => existing.has(topic));
    if (known.length === 0) return [];
    const { topics: found } = await admin.fetchTopicMetadata({ topics: known });
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: known.map((name) => ({ type: ConfigResourceTypes.TOPIC, name })),
    });
    return found.map(({ name, partitions }) => ({
      topic: name,
      partitions: partitions.length,
      replicationFactor: Math.min(...partitions.map(({ replicas }) => replicas.length)),
      config: Object.fromEntries(
        (resources.find(({ resourceName }) => resourceName === name)?.configEntries ?? []).map(({ configName, configValue }) => [
          configName,
          configValue,
        ]),
      ),
    }));
  }

  async aclRules(): Promise<readonly AclRule[] | null> {
    const admin = await this.connect();
    try {
      const { resources } = await admin.describeAcls({
        resourceType: AclResourceTypes.ANY,
        resourcePatternType: ResourcePatternTypes.ANY,
        operation: AclOperationTypes.ANY,
        permissionType: AclPermissionTypes.ANY,
      });
      return resources.flatMap(({ resourceType, resourceName: name, resourcePatternType, acls }) => {
        if (resourceType !== AclResourceTypes.TOPIC && resourceType !== AclResourceTypes.GROUP) return [];
        const resource = resourceType === AclResourceTypes.TOPIC ? 'topic' : 'group';
        const isPrefix = resourcePatternType === ResourcePatternTypes.PREFIXED;
        return acls.map(({ principal, operation, permissionType }) => {
          const isAllowed = permissionType === AclPermissionTypes.ALLOW;
          return { principal, resource, name, isPrefix, operation: nameOfOperation(operation), isAllowed };
        });
      });
    } catch (error) {
      if ((error as { type?: unknown }).type === 'SECURITY_DISABLED') return null;
      throw error;
    }
  }

  async offsets(topic: string): Promise<readonly OffsetRange[]> {
    const admin = await this.connect();
    const offsets = await untilAnswered(() => admin.fetchTopicOffsets(topic));
    return offsets.map(({ partition, low, high }) => ({ partition, start: BigInt(low), end: BigInt(high) }));
  }

  async offsetsFrom(topic: string, timestampMs: number): Promise<ReadonlyMap<number, bigint>> {
    const admin = await this.connect();
    const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, timestampMs);
    return new Map(offsets.map(({ partition, offset }) => [partition, BigInt(offset)]));
  }

  async committed(group: string, topic: string): Promise<ReadonlyMap<number, bigint | null>> {
    const admin = await this.connect();
    const [answer] = await untilAnswered(() => admin.fetchOffsets({ groupId: group, topics: [topic] }));
    return new Map(
      (answer?.partitions ?? []).map(({ partition, offset }) => [partition, offset === '-1' ? null : BigInt(offset)]),
    );
  }

  async close(): Promise<void> {
    const admin = await this.connected;
    await admin?.disconnect();
  }

  private async connect(): Promise<Admin> {
    this.connected ??= (async () => {
      const admin = this.kafka.admin({ retry: RETRY });
      await admin.connect();
      return admin;
    })();
    try {
      return await this.connected;
    } catch (error) {
      this.connected = null;
      throw error;
    }
  }
}

function nameOfOperation(operation: unknown): string {
  return Object.entries(AclOperationTypes).find(([, value]) => value === operation)?.[0] ?? 'UNKNOWN';
}

/** What is new, moving or loading says so, and the client's admin passes that on instead of asking again. */
async function untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
  for (let waitMs = ADMIN_FIRST_WAIT_MS; ; waitMs *= 2) {
    try {
      return await ask();
    } catch (error) {
      if ((error as { retriable?: unknown }).retriable !== true || waitMs > ADMIN_LONGEST_WAIT_MS) throw error;
      await delay(waitMs, new AbortController().signal);
    }
  }
}

/** As the client does it unless it is told otherwise. */
const connectSocket = (createRequire(import.meta.url)('kafkajs/src/network/socketFactory.js') as () => ISocketFactory)();

function receivedFrom(
  topic: string,
  partition: number,
  { offset, timestamp, key, value, headers }: KafkaMessage,
): ReceivedRecord {
  return {
    topic,
    partition,
    offset: BigInt(offset),
    timestampMs: Number(timestamp),
    key: key ?? null,
    value,
    headers: headers ?? {},
  };
}

function heartbeatMs(sessionTimeoutMs: number): number {
  return Math.min(3_000, Math.floor(sessionTimeoutMs / 10));
}

async function delay(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}

/** T4: how the client mentions that it left records out; under this code an alert can be built on it. */
const OFFSET_IS_GONE = 'Offset out of range, resetting to default offset';
const RECORDS_GONE: KafkaErrorCode = 'RECORDS_GONE';

function logTo(logger: KafkaLogger): logCreator {
  return () =>
    ({ namespace, level, log }) => {
      const { message, ...fields } = log;
      const named = { ...fields, kafkajs: namespace };
      if (message === OFFSET_IS_GONE) logger.error({ ...named, code: RECORDS_GONE }, KAFKA_ERRORS[RECORDS_GONE]);
      else if (level === logLevel.ERROR) logger.warn(named, message);
      else if (level === logLevel.WARN) logger.info(named, message);
      else logger.debug(named, message);
    };
}

/**
 * T11: with nothing pending the client's request queue sets a timer with a negative delay that comes back at once: a
 * loop of a thousand timers a second in an idle process. Mended where it arises: nothing pending, nothing scheduled.
 */
function mendRequestQueue(): void {
  const require = createRequire(import.meta.url);
  interface Queue {
    pending: unknown[];
    scheduleCheckPendingRequests(): void;
  }
  const { prototype } = require('kafkajs/src/network/requestQueue/index.js') as { prototype: Queue & { [MENDED]?: true } };
  if (prototype[MENDED]) return;
  const schedule = (queue: Queue): void => {
    original.call(queue);
  };
  const original = Reflect.get(prototype, 'scheduleCheckPendingRequests');
  prototype.scheduleCheckPendingRequests = function scheduleCheckPendingRequests(this: Queue): void {
    if (this.pending.length > 0) schedule(this);
  };
  prototype[MENDED] = true;
}

/**
 * T3: Kafka has headers without a value, and the client writes them, but it measures each value first and throws at null.
 * What it can measure stands for null, and is written as such.
 */
function mendNullHeaders(): void {
  const require = createRequire(import.meta.url);
  interface Encoder {
    writeVarIntBytes(value: unknown): Encoder;
  }
  const { prototype } = require('kafkajs/src/protocol/encoder.js') as { prototype: Encoder & { [MENDED]?: true } };
  if (prototype[MENDED]) return;
  const write = Reflect.get(prototype, 'writeVarIntBytes');
  prototype.writeVarIntBytes = function writeVarIntBytes(this: Encoder, value: unknown): Encoder {
    return write.call(this, value === NULL_HEADER ? null : value);
  };
  prototype[MENDED] = true;
}

/** As long as null is on the wire, where both have one byte. */
const NULL_HEADER = Buffer.alloc(0);

const MENDED = Symbol('callbus:mended');
