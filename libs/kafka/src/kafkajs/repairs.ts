import { decodeRepair, repairKey, type RecordRange, type Repair } from '@callbus/contracts';
import type { KafkaClient, TopicFollower } from '../kafka-client.js';
import type { KafkaLogger } from '../kafka-logger.js';

export interface RepairsOptions {
  readonly client: Pick<KafkaClient, 'follow' | 'admin'>;
  /** Full name of the topic with the orders. */
  readonly topic: string;
  readonly logger: KafkaLogger;
}

/** The operators' orders to pass over unreadable records. It starts to follow their topic when the first unreadable batch is met. */
export class Repairs {
  private readonly repairs = new Map<string, Repair>();
  private follower: Promise<TopicFollower> | undefined;

  constructor(private readonly options: RepairsOptions) {}

  /** @returns null when there is no order, or when the orders cannot be read; then no reader passes over the records */
  async of(range: RecordRange): Promise<Repair | null> {
    const { topic, logger } = this.options;
    // An order to pass over records of this topic would be in the topic itself, so there is none.
    if (range.topic === topic) return null;
    try {
      const follower = await (this.follower ??= this.follow());
      await follower.caughtUp();
      const repair = this.repairs.get(repairKey(range));
      return repair !== undefined && BigInt(repair.lastOffset) >= range.lastOffset ? repair : null;
    } catch (error) {
      this.follower = undefined;
      logger.warn({ err: error, topic }, 'the repairs could not be read; the reader retries');
      return null;
    }
  }

  async close(): Promise<void> {
    const follower = await this.follower?.catch(() => undefined);
    await follower?.stop();
  }

  private async follow(): Promise<TopicFollower> {
    const { client, topic, logger } = this.options;
    // kafkajs retries metadata of a missing topic forever, so this first throws if the topic is missing.
    await client.admin().partitionCount(topic);
    return client.follow({
      topic,
      atUnreadable: 'end',
      onRecord: ({ value, offset }) => {
        try {
          const repair = decodeRepair(value);
          this.repairs.set(repairKey(repair), repair);
        } catch (error) {
          logger.warn({ err: error, topic, offset: String(offset) }, 'a repair is unreadable and takes no effect');
        }
      },
      onFatal: (error) => {
        this.follower = undefined;
        logger.warn({ err: error, topic }, 'the follower of the repairs has ended; the next look-up starts a new one');
      },
    });
  }
}
