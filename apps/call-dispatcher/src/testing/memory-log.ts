import { setImmediate as turn } from 'node:timers/promises';
import {
  KafkaError,
  type FollowOptions,
  type HeaderValue,
  type KafkaClient,
  type OutgoingRecord,
  type ReadProgress,
  type ReceivedRecord,
  type RecordSender,
  type SentRecord,
  type TopicFollower,
} from '@callbus/kafka';

/** Kafka with one topic, in memory; the broker's clock is the test's. test/memory-log.test.ts holds it to the port's contract. */
export class MemoryLog implements Pick<KafkaClient, 'follow'> {
  /** Those of all partitions, in the order in which they were appended. */
  readonly records: ReceivedRecord[] = [];
  private readonly ends = new Map<number, bigint>();
  private readonly followers = new Set<MemoryFollower>();
  private isHeld = false;

  /**
   * @param nowMs the broker's clock, ms since 1970
   * @param start how many records were in each partition before, and are no longer kept
   */
  constructor(
    private readonly nowMs: () => number,
    private readonly start = 0,
  ) {}

  readonly sender: RecordSender = {
    send: async (records) => {
      const sent = records.map((record) => this.append(record));
      this.deliver();
      // As Kafka does, so that one who sends without end does not hold up everything else.
      await turn();
      return sent;
    },
    condition: () => ({ ok: true }),
    close: () => Promise.resolve(),
  };

  /** Until `release`, nobody reads what is appended. */
  hold(): void {
    this.isHeld = true;
  }

  release(): void {
    this.isHeld = false;
    this.deliver();
  }

  /** As if an operator had ordered to pass over a batch that nobody can read. */
  passOver(timestampMs: number, orderedAtMs = timestampMs): void {
    const range = { topic: '', partition: 0, firstOffset: 0n, lastOffset: 0n };
    const reason = 'its checksum is wrong';
    const time = new Date(orderedAtMs).toISOString();
    const repair = { topic: '', partition: 0, firstOffset: '0', lastOffset: '0', reason, operator: 'me', time };
    const batch = { ...range, timestampMs, reason, isDamaged: true, bytes: Buffer.alloc(0) };
    for (const { options } of this.followers) options.onPassedOver?.(batch, repair);
  }

  follow(options: FollowOptions): Promise<TopicFollower> {
    const follower = new MemoryFollower(this.records, options, () => {
      this.followers.delete(follower);
    });
    this.followers.add(follower);
    this.deliver();
    return Promise.resolve(follower);
  }

  private append({ topic, partition, key, value, headers = {} }: OutgoingRecord): SentRecord {
    const offset = this.ends.get(partition) ?? BigInt(this.start);
    this.ends.set(partition, offset + 1n);
    const place = { topic, partition, offset };
    const timestampMs = this.nowMs();
    this.records.push({ ...place, timestampMs, key: bytesOf(key), value: bytesOf(value), headers: headersOf(headers) });
    return { ...place, appendedAtMs: timestampMs };
  }

  private deliver(): void {
    if (!this.isHeld) for (const follower of this.followers) follower.read();
  }
}

interface Waiter {
  readonly isOver: () => boolean;
  readonly resolve: () => void;
  timer?: NodeJS.Timeout;
}

class MemoryFollower implements TopicFollower {
  /** How many of the log's records it has passed, those of other partitions included. */
  private passed = 0;
  /** How many it has to pass until the last `caughtUp` is over. */
  private goal = 0;
  private readonly positions = new Map<number, bigint>();
  /** Partitions in which it has met a record that is not older than `fromMs`. */
  private readonly begun = new Set<number>();
  private readonly waiters = new Set<Waiter>();
  private isReading = false;

  /** @param onEnd called when it reads no further */
  constructor(
    private readonly records: readonly ReceivedRecord[],
    readonly options: FollowOptions,
    private readonly onEnd: () => void,
  ) {}

  /** A listener may append, and so lead back here: the loop that called it goes on with what was appended. */
  read(): void {
    if (this.isReading) return;
    this.isReading = true;
    try {
      for (; this.passed < this.records.length; this.passed += 1) this.take(this.records[this.passed] as ReceivedRecord);
    } catch (error) {
      this.onEnd();
      this.options.onFatal(error);
    }
    this.isReading = false;
    for (const waiter of this.waiters) {
      waiter.timer?.refresh();
      if (!waiter.isOver()) continue;
      clearTimeout(waiter.timer);
      this.waiters.delete(waiter);
      waiter.resolve();
    }
  }

  async caughtUp(): Promise<void> {
    const goal = this.records.length;
    this.goal = goal;
    await this.until(() => this.passed >= goal);
  }

  progress(): ReadProgress {
    return { read: this.followed(0, Math.min(this.passed, this.goal)), of: this.followed(0, this.goal) };
  }

  position(partition: number): bigint {
    return this.positions.get(partition) ?? 0n;
  }

  lag(): number {
    return this.followed(this.passed, this.records.length);
  }

  async reached(partition: number, offset: bigint): Promise<void> {
    await this.until(() => this.position(partition) > offset);
  }

  stop(): Promise<void> {
    this.onEnd();
    return Promise.resolve();
  }

  private take(record: ReceivedRecord): void {
    const { fromMs = -Infinity, onRecord } = this.options;
    const { partition, offset, timestampMs } = record;
    if (!this.isFollowed(record)) return;
    if (timestampMs >= fromMs) this.begun.add(partition);
    if (this.begun.has(partition)) onRecord(record);
    this.positions.set(partition, offset + 1n);
  }

  private isFollowed({ partition }: ReceivedRecord): boolean {
    return this.options.partitions?.includes(partition) ?? true;
  }

  private followed(from: number, to: number): number {
    return this.records.slice(from, to).filter((record) => this.isFollowed(record)).length;
  }

  private until(isOver: () => boolean): Promise<void> {
    if (isOver()) return Promise.resolve();
    const { topic, standstillMs } = this.options;
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { isOver, resolve };
      this.waiters.add(waiter);
      if (standstillMs === undefined) return;
      waiter.timer = setTimeout(() => {
        this.waiters.delete(waiter);
        reject(new KafkaError('FOLLOWER_LATE', `${topic} stands still.`));
      }, standstillMs);
    });
  }
}

function bytesOf(value: string | Buffer | null): Buffer | null {
  return value === null ? null : Buffer.from(value);
}

/** As Kafka has them: bytes, and nothing that is undefined. */
function headersOf(headers: NonNullable<OutgoingRecord['headers']>): ReceivedRecord['headers'] {
  const entries = Object.entries(headers).flatMap(([name, value]): [string, HeaderValue][] => {
    if (value === undefined) return [];
    return [[name, Array.isArray(value) ? value.map(bytesOf) : bytesOf(value)]];
  });
  return Object.fromEntries(entries);
}
