import { encodeObservation, partitionOf, topicName, TOPICS, type NotificationObservation } from '@callbus/contracts';
import { KafkaError, type KafkaErrorCode, type RecordSender } from '@callbus/kafka';
import { Refusal, type RefusalCode } from './refusals.js';

export interface CallbackStoreOptions {
  readonly sender: RecordSender;
  readonly topicPrefix: string;
  readonly partitions: number;
  readonly timeoutMs: number;
}

/** The others say that it may work later. */
const CODES: Partial<Record<KafkaErrorCode, RefusalCode>> = { QUEUE_FULL: 'OVERLOADED', RECORD_REFUSED: 'LARGE_BODY' };

/** Puts callbacks on Kafka. Only what is there may be answered with 2xx (G3). */
export class CallbackStore {
  constructor(private readonly options: CallbackStoreOptions) {}

  /** @throws Refusal NOT_STORED: it may be stored or not; sent again it is seen as the same */
  async store(notification: NotificationObservation): Promise<void> {
    const { sender, topicPrefix, partitions, timeoutMs } = this.options;
    const { callId } = notification;
    const record = {
      topic: topicName(topicPrefix, TOPICS.observations),
      partition: partitionOf(callId, partitions),
      key: callId,
      value: encodeObservation(notification),
    };
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      reject(new Refusal('NOT_STORED', `Kafka did not take it within ${timeoutMs} ms`));
    }, timeoutMs);
    try {
      await Promise.race([sender.send([record]), late]);
    } catch (error) {
      throw error instanceof KafkaError ? new Refusal(CODES[error.code] ?? 'NOT_STORED', error.detail, { cause: error }) : error;
    } finally {
      clearTimeout(timer);
    }
  }
}
