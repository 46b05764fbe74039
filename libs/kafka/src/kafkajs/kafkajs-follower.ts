import type { Consumer } from 'kafkajs';
import { ConsumerLag } from '../consume/consumer-lag.js';
import { KafkaError } from '../port/errors.js';
import type {
  FollowOptions,
  KafkaAdmin,
  ReadProgress,
  ReceivedRecord,
  TopicFollower,
  UnreadableBatch,
} from '../port/kafka-client.js';
import { FOLLOWER } from '../telemetry/kafka-metrics.js';
import { ReadPositions } from '../consume/read-positions.js';
import { unreadableError } from '../consume/unreadable-places.js';
import { CrashWatch } from './crash-watch.js';
import { LOOK_AGAIN_MS, receivedFrom, unreadableFrom, type ReaderParts } from './reader.js';

export class KafkajsFollower implements TopicFollower {
  private readonly positions: ReadPositions;
  /** Partitions in which it waits at an unreadable batch. */
  private readonly held = new Map<number, NodeJS.Timeout>();
  private readonly behind = new ConsumerLag();
  private readonly crashes: CrashWatch;
  private isStopped = false;

  constructor(
    private readonly consumer: Consumer,
    private readonly options: FollowOptions & { readonly standstillMs: number },
    private readonly admin: Pick<KafkaAdmin, 'offsets' | 'offsetsFrom'>,
    private readonly parts: ReaderParts,
  ) {
    this.positions = new ReadPositions(options.topic, options.standstillMs, {
      isHeld: (partition) => this.held.has(partition),
    });
    this.crashes = new CrashWatch(options.onFatal);
  }

  async start(): Promise<void> {
    const { consumer, options } = this;
    if (options.fromMs !== undefined) {
      for (const [partition, offset] of await this.admin.offsetsFrom(options.topic, options.fromMs)) {
        if (this.isFollowed(partition)) this.positions.moved(partition, offset);
      }
    }
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      const others = (payload.memberAssignment[options.topic] ?? []).filter((partition) => !this.isFollowed(partition));
      consumer.pause([{ topic: options.topic, partitions: others }]);
      for (const [partition, offset] of this.positions.all())
        consumer.seek({ topic: options.topic, partition, offset: String(offset) });
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      this.parts.metrics.crashed(FOLLOWER, payload.restart);
      this.crashes.crashed(payload.error, payload.restart);
    });
    // The client hands over no batch that has nothing but the markers of transactions, or what they took back.
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { partition, batchSize, lastOffset } }) => {
      if (batchSize === 0) this.readTo(partition, BigInt(lastOffset));
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
              this.behind.done(partition, this.position(partition));
              return;
            }
          }
          this.readTo(partition, BigInt(payload.batch.lastOffset()));
        } catch (error) {
          options.onFatal(error);
        }
      },
    });
    this.crashes.begun();
    if (options.isRestore === true) this.parts.metrics.restoring(options.topic, () => this.progress());
  }

  async caughtUp(): Promise<void> {
    const ranges = await this.admin.offsets(this.options.topic).catch((error: unknown) => {
      throw new KafkaError('FOLLOWER_LATE', `Kafka did not say how far ${this.options.topic} goes.`, { cause: error });
    });
    await this.positions.read(ranges.filter(({ partition, start, end }) => end > start && this.isFollowed(partition)));
  }

  progress(): ReadProgress {
    return this.positions.progress();
  }

  position(partition: number): bigint {
    return this.positions.of(partition);
  }

  lag(): number {
    return this.behind.records();
  }

  async reached(partition: number, offset: bigint): Promise<void> {
    await this.positions.passed(new Map([[partition, offset]]));
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.crashes.stops();
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

  /** Behind the last record there may be markers of transactions, which take offsets too. */
  private readTo(partition: number, lastOffset: bigint): void {
    if (lastOffset >= this.position(partition) && !this.held.has(partition)) this.advance(partition, lastOffset + 1n);
    this.behind.done(partition, this.position(partition));
  }

  /** @returns whether it reads on behind it */
  private async passOver(batch: UnreadableBatch): Promise<boolean> {
    const { atUnreadable = 'wait', onPassedOver } = this.options;
    const { partition, lastOffset } = batch;
    if (lastOffset < this.position(partition)) return true;
    const repair = atUnreadable === 'pass' ? null : await this.parts.unreadable.orderFor(batch, atUnreadable);
    if (repair === null && atUnreadable === 'wait') return false;
    if (repair === null && atUnreadable === 'end') throw unreadableError(batch);
    onPassedOver?.(batch, repair);
    this.advance(partition, lastOffset + 1n);
    return true;
  }

  /** Fetches the batch again after a delay: another replica may answer, or an operator's order may have come. */
  private hold({ topic, partition, firstOffset }: UnreadableBatch, resume: () => void): void {
    if (this.isStopped) {
      this.parts.unreadable.left(topic, partition);
      return;
    }
    clearTimeout(this.held.get(partition));
    const timer = setTimeout(() => {
      const next = this.position(partition);
      try {
        this.consumer.seek({ topic, partition, offset: String(next > firstOffset ? next : firstOffset) });
      } catch {
        // Between a crash and the restart the client has no group. It seeks to the positions once it has joined one again.
      }
      resume();
    }, LOOK_AGAIN_MS);
    this.held.set(partition, timer);
  }

  private advance(partition: number, next: bigint): void {
    if (this.held.delete(partition)) this.parts.unreadable.left(this.options.topic, partition);
    this.positions.moved(partition, next);
  }
}
