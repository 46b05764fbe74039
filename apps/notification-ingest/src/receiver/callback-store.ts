import { encodeObservation, partitionOf, topicName, TOPICS, type NotificationObservation } from '@callbus/contracts';
import { KafkaError, type RecordSender } from '@callbus/kafka';
import { unavailable } from './authenticate-callback.js';

export interface CallbackStoreOptions {
  readonly sender: RecordSender;
  readonly topicPrefix: string;
  readonly partitions: number;
  readonly timeoutMs: number;
}

/** Puts callbacks on Kafka. Only what is there may be answered with 2xx (G3). */
export class CallbackStore {
  constructor(private readonly options: CallbackStoreOptions) {}

  /** @throws HttpException 503: it may be stored or not; sent again it is seen as the same */
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
      reject(unavailable(`Kafka did not take the callback within ${String(timeoutMs)} ms.`));
    }, timeoutMs);
    try {
      await Promise.race([sender.send([record]), late]);
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      throw unavailable('Kafka does not take the callback now.', { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }
}
