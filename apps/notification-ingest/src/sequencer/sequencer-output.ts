import { encodeEvent, placeOfKey, topicName, TOPICS, type CallEvent } from '@callbus/contracts';
import {
  deadLetterOf,
  UnprocessableRecordError,
  type OutgoingRecord,
  type ReceivedRecord,
  type RecordSender,
  type Tries,
} from '@callbus/kafka';

export interface SequencerOutputOptions {
  readonly sender: RecordSender;
  readonly topicPrefix: string;
  readonly partitions: number;
  readonly service: string;
}

/** Of one send, which its topic takes whole or not at all; a larger event goes alone. */
const MAX_SEND_BYTES = 4 * 1024 * 1024;
/** About what a record takes beside its value. */
const RECORD_BYTES = 200;

/** Everything that the sequencer writes. Each method resolves when Kafka has it. */
export class SequencerOutput {
  constructor(private readonly options: SequencerOutputOptions) {}

  async events(callId: string, events: readonly CallEvent[]): Promise<void> {
    const place = placeOfKey(TOPICS.events, callId, this.options);
    await this.sendInOrder(events, (event) => ({ ...place, ...encodeEvent(event) }));
  }

  async snapshots(snapshots: readonly { readonly callId: string; readonly value: Buffer }[]): Promise<void> {
    await this.sendInOrder(snapshots, ({ callId, value }) => ({ ...placeOfKey(TOPICS.snapshots, callId, this.options), value }));
  }

  /** Lets Kafka, and everybody who follows the snapshots, forget these calls. */
  async tombstones(callIds: readonly string[]): Promise<void> {
    await this.sendInOrder(callIds, (callId) => ({ ...placeOfKey(TOPICS.snapshots, callId, this.options), value: null }));
  }

  /** Writes a tombstone for the key into this partition, which may be another than the key's own. */
  async tombstoneAt(partition: number, key: Buffer): Promise<void> {
    const { topicPrefix, sender } = this.options;
    await sender.send([{ topic: topicName(topicPrefix, TOPICS.snapshots), partition, key, value: null }]);
  }

  /** For the parts of an observation that nobody can handle, whatever became of its other parts. */
  async unhandled(record: ReceivedRecord, reasons: readonly string[], tries: Tries): Promise<void> {
    const { topicPrefix, partitions, service, sender } = this.options;
    const error = new UnprocessableRecordError('UNHANDLED_NOTIFICATION', `${reasons.join('; ')}.`);
    const topic = topicName(topicPrefix, TOPICS.observationsDeadLetter);
    await sender.send([deadLetterOf(record, error, tries, { topic, partitions, service, stage: 'fold' })]);
  }

  /** None is sent before those ahead of it are on Kafka, and no more are held encoded than one send takes. */
  private async sendInOrder<T>(items: readonly T[], encode: (item: T) => OutgoingRecord): Promise<void> {
    let gathered: OutgoingRecord[] = [];
    let bytes = 0;
    for (const item of items) {
      const record = encode(item);
      const size = RECORD_BYTES + (record.value?.length ?? 0);
      if (bytes + size > MAX_SEND_BYTES) {
        await this.options.sender.send(gathered);
        [gathered, bytes] = [[], 0];
      }
      gathered.push(record);
      bytes += size;
    }
    await this.options.sender.send(gathered);
  }
}
