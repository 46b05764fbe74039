import { topicName, TOPICS, type EventType } from '@callbus/contracts';
import type { KafkaClient, KafkaLogger, ReceivedRecord } from '@callbus/kafka';
import { CallPositions } from './call-positions.js';
import { eventOf } from './event-of.js';
import type { CallEventOf, Delivery, EventHandlers, Gap } from './event-handlers.js';

export interface SubscribeOptions {
  /** Kafka's consumer group: each event goes to one of its members, and a new group begins with the oldest event kept. */
  readonly group: string;
  readonly on: EventHandlers;
  /** Told of events that never came, before the one behind them is handled. @default a line in the log */
  readonly onGap?: (gap: Gap) => void | Promise<void>;
  /**
   * Takes a record that cannot be read or whose handler threw, so that those behind it go on. Without it, the subscription
   * ends with that error and the next start begins with that record: nothing is passed over.
   */
  readonly putAside?: (record: ReceivedRecord, error: unknown) => Promise<void>;
  /** Calls remembered per partition to know repeats and gaps. @default 10000 */
  readonly maxCallsRemembered?: number;
  /** Calls handled at once per partition. @default 64 */
  readonly concurrency?: number;
}

/** A member of a consumer group of the events topic. It goes on where its group has committed. */
export interface Subscription {
  /**
   * Resolves when it was stopped, rejects when it ended by itself. A process that does not look at it ends with the rejection,
   * as it must: otherwise it would live on and hear nothing.
   */
  readonly ended: Promise<void>;
  /** Begins no more events, waits for those in work, commits and leaves the group. */
  stop(): Promise<void>;
}

const DEFAULT_MAX_CALLS = 10_000;

export interface SubscriptionContext {
  readonly client: KafkaClient;
  readonly topicPrefix: string;
  readonly logger: KafkaLogger;
}

export async function openSubscription(
  { client, topicPrefix, logger }: SubscriptionContext,
  { group, on, onGap, putAside, maxCallsRemembered = DEFAULT_MAX_CALLS, concurrency }: SubscribeOptions,
): Promise<Subscription> {
  const topic = topicName(topicPrefix, TOPICS.events);
  const positions = new CallPositions(maxCallsRemembered);
  /** What could be read: a record that is put aside still has its place in its call. */
  const read = new WeakMap<ReceivedRecord, CallEventOf<EventType>>();
  const { promise: ended, resolve, reject } = Promise.withResolvers<undefined>();
  const reportGap =
    onGap ??
    (({ callId, missing, before }: Gap) => {
      logger.error({ callId, missing, before: before.sequence }, 'events of a call never came');
    });

  const handle = async (record: ReceivedRecord, delivery: Delivery): Promise<void> => {
    const event = eventOf(record);
    read.set(record, event);
    const { callId } = event.data;
    const standing = positions.standingOf(record.partition, callId, Number(event.sequence));
    if (standing.kind === 'gap') await reportGap({ callId, missing: standing.missing, before: event });
    if (standing.kind !== 'repeat') await handlerOf(on, event)?.(event, delivery);
    isDone(record, event);
  };
  const isDone = (record: ReceivedRecord, event: CallEventOf<EventType>): void => {
    positions.done(record.partition, record.offset, event.data.callId, Number(event.sequence));
  };

  const consumer = await client.consume({
    topic,
    group,
    handler: (record, { signal }) => handle(record, { signal }),
    onAssigned: async (partitions) => {
      const committed = await client.admin().committed(group, topic);
      positions.assigned(new Map(partitions.map((partition) => [partition, committed.get(partition) ?? null])));
    },
    atUnreadable: 'end',
    onFatal: reject,
    ...(putAside !== undefined && {
      deadLetter: async (record, error) => {
        await putAside(record, error);
        const event = read.get(record);
        if (event !== undefined) isDone(record, event);
      },
    }),
    ...(concurrency !== undefined && { concurrency }),
  });
  const stop = async (): Promise<void> => {
    await consumer.stop();
    resolve(undefined);
  };
  return { ended, stop };
}

type AnyHandler = (event: CallEventOf<EventType>, delivery: Delivery) => void | Promise<void>;

function handlerOf(on: EventHandlers, event: CallEventOf<EventType>): AnyHandler | undefined {
  return Object.hasOwn(on, event.type) ? (on[event.type] as AnyHandler | undefined) : undefined;
}
