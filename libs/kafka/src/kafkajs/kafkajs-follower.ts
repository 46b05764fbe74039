import type { Consumer } from 'kafkajs';
import { ConsumerLag } from '../consumer-lag.js';
import { KafkaError } from '../errors.js';
import type { FollowOptions, KafkaAdmin, ReadProgress, ReceivedRecord, TopicFollower } from '../kafka-client.js';
import { FOLLOWER } from '../kafka-metrics.js';
import { ReadPositions } from '../read-positions.js';
import { CrashWatch } from './crash-watch.js';
import { receivedFrom, type ReaderParts } from './reader.js';

export class KafkajsFollower implements TopicFollower {
  private readonly positions: ReadPositions;
  private readonly behind = new ConsumerLag();
  private readonly crashes: CrashWatch;

  constructor(
    private readonly consumer: Consumer,
    private readonly options: FollowOptions & { readonly standstillMs: number },
    private readonly admin: Pick<KafkaAdmin, 'offsets' | 'offsetsFrom'>,
    private readonly parts: ReaderParts,
  ) {
    this.positions = new ReadPositions(options.topic, options.standstillMs);
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
      if (!payload.restart) this.crashes.crashed(payload.error);
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
    this.crashes.stops();
    this.parts.loop.end();
    await this.consumer.disconnect();
  }

  private isFollowed(partition: number): boolean {
    return this.options.partitions?.includes(partition) ?? true;
  }

  private take(record: ReceivedRecord): void {
    if (record.offset < this.position(record.partition)) return;
    this.options.onRecord(record);
    this.positions.moved(record.partition, record.offset + 1n);
  }
}
