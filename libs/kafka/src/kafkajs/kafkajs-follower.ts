import type { Consumer } from 'kafkajs';
import { ConsumerLag } from '../consumer-lag.js';
import { KafkaError } from '../errors.js';
import type { FollowOptions, KafkaAdmin, ReceivedRecord, TopicFollower, UnreadableBatch } from '../kafka-client.js';
import { FOLLOWER } from '../kafka-metrics.js';
import { LOOK_AGAIN_MS, receivedFrom, unreadableError, unreadableFrom, type ReaderParts } from './reader.js';

const REACH_TIMEOUT_MS = 60_000;

export class KafkajsFollower implements TopicFollower {
  private readonly next = new Map<number, bigint>();
  private readonly waiting = new Set<{ isReached: () => boolean; resolve: () => void }>();
  private isStopping = false;
  /** The partitions in which it waits at what nobody can read. */
  private readonly held = new Map<number, NodeJS.Timeout>();
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
      eachBatch: async (payload) => {
        try {
          const { topic, partition, messages, highWatermark } = payload.batch;
          this.behind.fetched(partition, this.position(partition), BigInt(highWatermark));
          for (const message of messages) {
            const unreadable = unreadableFrom(topic, partition, message);
            if (unreadable === null) this.take(receivedFrom(topic, partition, message));
            else if (!(await this.passOver(unreadable))) {
              this.hold(unreadable, payload.pause());
              break;
            }
          }
          this.behind.done(partition, this.position(partition));
        } catch (error) {
          options.onFatal(error);
        }
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
        // That it waits at what nobody can read is told elsewhere; no restart would mend it.
        if (this.held.size > 0) return void timer.refresh();
        this.waiting.delete(waiter);
        reject(new KafkaError('FOLLOWER_LATE', `${topic}/${String(partition)} was not read up to offset ${String(offset)}.`));
      }, reachTimeoutMs ?? REACH_TIMEOUT_MS);
      this.waiting.add(waiter);
    });
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    this.parts.loop.end();
    for (const [partition, timer] of this.held) {
      clearTimeout(timer);
      this.parts.unreadable.left(this.options.topic, partition);
    }
    await this.consumer.disconnect();
  }

  private isFollowed(partition: number): boolean {
    return this.options.partitions?.includes(partition) ?? true;
  }

  private take(record: ReceivedRecord): void {
    if (record.offset < this.position(record.partition)) return;
    this.options.onRecord(record);
    this.advance(record.partition, record.offset + 1n);
  }

  /** @returns whether it reads on behind it */
  private async passOver(batch: UnreadableBatch): Promise<boolean> {
    const { atUnreadable = 'wait', onPassedOver } = this.options;
    const { topic, partition, lastOffset } = batch;
    if (lastOffset < this.position(partition)) return true;
    const repair = atUnreadable === 'pass' ? null : await this.parts.unreadable.orderFor(batch);
    if (repair === null && atUnreadable === 'wait') return false;
    this.parts.unreadable.left(topic, partition);
    if (repair === null && atUnreadable === 'end') throw unreadableError(batch);
    onPassedOver?.(batch, repair);
    this.advance(partition, lastOffset + 1n);
    return true;
  }

  /** The batch is fetched again after a while: perhaps from another replica, or after an operator's order. */
  private hold({ topic, partition, firstOffset }: UnreadableBatch, resume: () => void): void {
    const timer = setTimeout(() => {
      this.consumer.seek({ topic, partition, offset: String(this.next.get(partition) ?? firstOffset) });
      resume();
    }, LOOK_AGAIN_MS);
    this.held.set(partition, timer);
  }

  private advance(partition: number, next: bigint): void {
    this.next.set(partition, next);
    if (this.held.delete(partition)) this.parts.unreadable.left(this.options.topic, partition);
    for (const waiter of this.waiting) {
      if (!waiter.isReached()) continue;
      this.waiting.delete(waiter);
      waiter.resolve();
    }
  }
}
