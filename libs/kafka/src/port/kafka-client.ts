import type { RecordRange, Repair } from '@callbus/contracts';

/** Fit for its work or not; `reason` says what is wrong or being waited for. */
export interface Condition {
  readonly ok: boolean;
  readonly reason?: string;
}

/** A header that occurs several times is a list; a header may be there and have no value, which is null. */
export type HeaderValue = string | Buffer | null | (string | Buffer | null)[] | undefined;

export interface OutgoingRecord {
  readonly topic: string;
  /** Always explicit: no client's default partitioner ever decides (trap T9). */
  readonly partition: number;
  readonly key: string | Buffer | null;
  /** null is a tombstone. */
  readonly value: Buffer | string | null;
  /** What is undefined is left out. */
  readonly headers?: Readonly<Record<string, HeaderValue>>;
}

export interface SentRecord {
  readonly topic: string;
  readonly partition: number;
  /** A record whose first send was not answered may be in the log twice; this is the offset of the acknowledged one. */
  readonly offset: bigint;
  /** The broker's time (ms since 1970) on a topic with LogAppendTime; else null. */
  readonly appendedAtMs: number | null;
}

export interface ReceivedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** Milliseconds since 1970: the producer's, or the broker's on a topic with LogAppendTime. */
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, HeaderValue>>;
}

/** One batch of records whose bytes Kafka delivers but no client can decode. */
export interface UnreadableBatch extends RecordRange {
  /** Timestamp of its latest record, ms since 1970. */
  readonly timestampMs: number;
  /** In words. */
  readonly reason: string;
  /** Another replica may be whole; else its producer wrote it so, and it is the same everywhere. */
  readonly isDamaged: boolean;
  /** As it is in the log. */
  readonly bytes: Buffer;
}

/**
 * Behaviour at an unreadable batch without an operator's order to pass over it. `wait`: the reader stops before the batch, reports
 * it and retries. `end`: the reader ends with KafkaError UNREADABLE_BATCH.
 */
export type AtUnreadable = 'wait' | 'end';

/** Sends with acks from all in-sync replicas. A resolved `send` means: in the log, per partition in the order of the calls. */
export interface RecordSender {
  /**
   * @returns where the records are, in the order given
   * @throws KafkaError QUEUE_FULL (nothing was taken), SEND_FAILED (each record may be in the log or not),
   * RECORD_REFUSED (one of these records can never be sent), SENDER_CLOSED
   */
  send(records: readonly OutgoingRecord[]): Promise<readonly SentRecord[]>;
  /** Whether a broker takes records, as far as can be known without sending any. */
  condition(): Condition;
  /** Takes nothing more, sends what waits, and disconnects. */
  close(): Promise<void>;
}

export interface RecordContext {
  /** Aborts when the record's partition went to another process, or at shutdown. */
  readonly signal: AbortSignal;
  /** 1 for the first try of this delivery. */
  readonly attempt: number;
  /** When the first try of this delivery began, ms since 1970. */
  readonly firstTriedAtMs: number;
  /**
   * Whether none of the records of this key that are at hand comes after this one. What a handler owes Kafka it may leave to
   * the last one: before that is done, none of them is.
   */
  readonly isLastOfKey: boolean;
  /** Says what the log is to tell of this record, in its one line; nothing that may not be in a log. */
  readonly note: (facts: Readonly<Record<string, unknown>>) => void;
}

/** How a record's delivery went until it was put aside. */
export type Tries = Pick<RecordContext, 'attempt' | 'firstTriedAtMs'>;

/** Resolving says that the record is done with; throwing, that `dispositionOf(error)` decides. */
export type RecordHandler = (record: ReceivedRecord, context: RecordContext) => Promise<void>;

export interface ConsumeOptions {
  readonly topic: string;
  readonly group: string;
  readonly handler: RecordHandler;
  /** Called once and for all: the consumer ended, and so must the process (G7). */
  readonly onFatal: (error: unknown) => void;
  /** Puts a record away that cannot be handled. Without it such a record is fatal. */
  readonly deadLetter?: (record: ReceivedRecord, error: unknown, tries: Tries) => Promise<void>;
  /**
   * Called for each assignment, before any of its records is handled. Its errors are classified like a handler's: the consumer
   * retries a transient one, such as an unreachable Kafka; any other is fatal.
   */
  readonly onAssigned?: (partitions: readonly number[]) => void | Promise<void>;
  /** Records in work at once per partition. */
  readonly concurrency?: number;
  /**
   * The trace that a record belongs to, where its sender could not know it, as a `traceparent`; the sender's own is linked then.
   * @default the one in the record's headers
   */
  readonly traceOf?: (record: ReceivedRecord) => string | undefined;
  /**
   * One that is passed over goes to `deadLetter`, its bytes as the value; so does, at once, one that is not damaged.
   * @default wait; the other partitions go on
   */
  readonly atUnreadable?: AtUnreadable;
}

/**
 * One member of a consumer group. Per key in order, keys of one partition at the same time. An offset is committed only
 * when all before it are done, and only under the assignment that read it: each record is handled at least once.
 */
export interface RecordConsumer {
  /** Empty while joining. */
  assignment(): readonly number[];
  condition(): Condition;
  /** Begins no new records, waits for those in work, commits and leaves the group. */
  stop(): Promise<void>;
}

export interface FollowOptions {
  readonly topic: string;
  /** @default all */
  readonly partitions?: readonly number[];
  /** Leaves out all before the first record whose timestamp (ms since 1970) is at least this. @default nothing is left out */
  readonly fromMs?: number;
  /** Called in order per partition, once per record. What it throws is fatal: a follower skips nothing. */
  readonly onRecord: (record: ReceivedRecord) => void;
  readonly onFatal: (error: unknown) => void;
  /** Milliseconds without a record after which `reached` and `caughtUp` fail. @default the client's `standstillMs` */
  readonly standstillMs?: number;
  /** True when a process reads this topic before it begins its work; metrics then show the progress. @default false */
  readonly isRestore?: boolean;
  /** `pass`: every unreadable batch goes to `onPassedOver`, without an order. @default wait; the other partitions go on */
  readonly atUnreadable?: AtUnreadable | 'pass';
  /** Called in partition order for each batch that is passed over, with the operator's order; with null for `pass`. */
  readonly onPassedOver?: (batch: UnreadableBatch, repair: Repair | null) => void;
}

/** Progress in offsets; a compacted topic has fewer records than that. */
export interface ReadProgress {
  readonly read: number;
  readonly of: number;
}

/**
 * Reads a topic, or some of its partitions, from the beginning or from a time, and commits nothing. It continues by itself when a
 * broker comes back, so the caller may repeat a failed wait.
 */
export interface TopicFollower {
  /**
   * Resolves when all records are read that were in the topic at the time of the call. It has no overall time limit.
   * @throws KafkaError FOLLOWER_LATE when no record comes for `standstillMs`
   */
  caughtUp(): Promise<void>;
  /** Progress of the last `caughtUp`. */
  progress(): ReadProgress;
  /** The offset that is read next; 0 before the first record. */
  position(partition: number): bigint;
  /** Records that are still to be read, as of the last fetch. */
  lag(): number;
  /** Resolves when the record at this offset is read: read your own write. @throws KafkaError FOLLOWER_LATE when the follower stands still */
  reached(partition: number, offset: bigint): Promise<void>;
  stop(): Promise<void>;
}

export interface TopicToEnsure {
  /** Full name. */
  readonly topic: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  /** Topic configuration, as `retention.ms`. */
  readonly config: Readonly<Record<string, string>>;
}

export interface OffsetRange {
  readonly partition: number;
  /** Of the first record that is still kept. */
  readonly start: bigint;
  /** After the last record. */
  readonly end: bigint;
}

/** A topic as it is, whatever it should be. */
export interface TopicDescription {
  readonly topic: string;
  readonly partitions: number;
  /** The lowest of its partitions. */
  readonly replicationFactor: number;
  /** What holds for it, the broker's defaults included. */
  readonly config: Readonly<Record<string, string>>;
}

/** One line of what an authorizer has been told. */
export interface AclRule {
  /** `User:name`, or `User:*`. */
  readonly principal: string;
  readonly resource: 'topic' | 'group';
  /** `*` is all of them. */
  readonly name: string;
  /** The rule is for everything that begins with `name`. */
  readonly isPrefix: boolean;
  /** Kafka's name, as READ, WRITE or ALL. */
  readonly operation: string;
  /** Otherwise it denies, which outweighs all that allows. */
  readonly isAllowed: boolean;
}

/** Each method throws KafkaError UNREACHABLE, UNAUTHENTICATED or UNAUTHORIZED where Kafka does not let it do its work. */
export interface KafkaAdmin {
  /** @returns the addresses that the brokers give of themselves */
  brokers(): Promise<readonly string[]>;
  /** @returns those that there are, and that this principal may see */
  describeTopics(topics: readonly string[]): Promise<readonly TopicDescription[]>;
  /** @returns every rule about topics and groups; null where the brokers have no authorizer */
  aclRules(): Promise<readonly AclRule[] | null>;
  /** Creates those that are missing, then checks the partition counts of all. */
  ensureTopics(topics: readonly TopicToEnsure[]): Promise<void>;
  /** @throws KafkaError TOPIC_MISSING, PARTITION_COUNT */
  checkPartitions(topics: readonly Pick<TopicToEnsure, 'topic' | 'partitions'>[]): Promise<void>;
  /** @throws KafkaError TOPIC_MISSING */
  partitionCount(topic: string): Promise<number>;
  /** @throws KafkaError TOPIC_MISSING, after having waited a while for a topic that is just being created */
  offsets(topic: string): Promise<readonly OffsetRange[]>;
  /** @returns partition → offset of the first record whose timestamp (ms since 1970) is at least this; the end where there is none */
  offsetsFrom(topic: string, timestampMs: number): Promise<ReadonlyMap<number, bigint>>;
  /** How many members a consumer group has now. */
  groupMembers(group: string): Promise<number>;
  /** Partition → next offset, null without a commit. */
  committed(group: string, topic: string): Promise<ReadonlyMap<number, bigint | null>>;
  close(): Promise<void>;
}

/** What the rest of the system knows of Kafka; one contract suite says what an implementation must do. */
export interface KafkaClient {
  /** @throws KafkaError UNREACHABLE, UNAUTHENTICATED */
  sender(): Promise<RecordSender>;
  /** Resolves when the consumer has joined its group, or retries in the background. @throws KafkaError UNREACHABLE, UNAUTHENTICATED, UNAUTHORIZED, TOPIC_MISSING */
  consume(options: ConsumeOptions): Promise<RecordConsumer>;
  /** @throws KafkaError as `consume` */
  follow(options: FollowOptions): Promise<TopicFollower>;
  admin(): KafkaAdmin;
  /** Whether whatever reads here goes on doing so. A broker that is away is no reason; a process that it is false of has to end. */
  liveness(): Condition;
  /** Names the unreadable batches at which readers wait. */
  unreadable(): Condition;
  /** The operator's order to pass over these records; null when there is none, or when the orders cannot be read. */
  repairOf(range: RecordRange): Promise<Repair | null>;
  close(): Promise<void>;
}
