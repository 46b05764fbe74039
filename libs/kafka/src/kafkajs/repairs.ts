import { decodeRepair, repairKey, type RecordRange, type Repair } from '@callbus/contracts';
import { KafkaError } from '../port/errors.js';
import type { KafkaClient, TopicFollower } from '../port/kafka-client.js';
import type { KafkaLogger } from '../port/kafka-logger.js';

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

  /** Where they cannot be read, those count that were read before; nothing else is passed over. */
  async of(range: RecordRange): Promise<Repair | null> {
    const { topic, logger } = this.options;
    // An order to pass over records of this topic would be in the topic itself, so there is none.
    if (range.topic === topic) return null;
    const following = (this.follower ??= this.follow());
    try {
      await (await following).caughtUp();
    } catch (error) {
      // A late one reads on.
      if (!(error instanceof KafkaError && error.code === 'FOLLOWER_LATE')) this.drop(following);
      logger.warn({ err: error, topic }, 'the repairs could not be read; they are asked for again');
    }
    const repair = this.repairs.get(repairKey(range));
    return repair !== undefined && BigInt(repair.lastOffset) >= range.lastOffset ? repair : null;
  }

  async close(): Promise<void> {
    const follower = await this.follower?.catch(() => undefined);
    await follower?.stop();
  }

  /** Stops it, so that no consumer is left behind; the next look begins another. */
  private drop(following: Promise<TopicFollower> | undefined): void {
    if (this.follower === following) this.follower = undefined;
    following
      ?.then((follower) => follower.stop())
      .catch((error: unknown) => {
        this.options.logger.debug({ err: error, topic: this.options.topic }, 'a reader of the repairs did not stop cleanly');
      });
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
        this.drop(this.follower);
        logger.warn({ err: error, topic }, 'the repairs are read no more; they are read anew when they are asked for');
      },
    });
  }
}
