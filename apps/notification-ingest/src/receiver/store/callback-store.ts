import { encodeObservation, placeOfKey, TOPICS, type NotificationObservation } from '@callbus/contracts';
import { KafkaError, sendWithin, type KafkaErrorCode, type RecordSender } from '@callbus/kafka';
import { Refusal, type RefusalCode } from '../refusals/refusals.js';

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
    const { sender, timeoutMs } = this.options;
    const place = placeOfKey(TOPICS.observations, notification.callId, this.options);
    const record = { ...place, value: encodeObservation(notification) };
    const late = (): Error => new Refusal('NOT_STORED', `Kafka did not take it within ${timeoutMs} ms`);
    try {
      await sendWithin(timeoutMs, sender, [record], late);
    } catch (error) {
      throw error instanceof KafkaError ? new Refusal(CODES[error.code] ?? 'NOT_STORED', error.detail, { cause: error }) : error;
    }
  }
}
