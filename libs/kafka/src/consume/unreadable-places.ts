import { repairKey, type RecordRange, type Repair } from '@callbus/contracts';
import { KafkaError } from '../port/errors.js';
import type { AtUnreadable, Condition, UnreadableBatch } from '../port/kafka-client.js';
import type { KafkaLogger } from '../port/kafka-logger.js';

const ADVICE = 'move the partition’s leader to a replica that is whole, or run «callbus topics repair»';
/** A condition names at most this many batches and counts the others. */
const MOST_NAMED = 5;

export interface UnreadablePlacesOptions {
  readonly repairOf: (range: RecordRange) => Promise<Repair | null>;
  readonly logger: KafkaLogger;
}

/** The unreadable batches at which the readers of one process wait. */
export class UnreadablePlaces {
  private readonly waiting = new Map<string, UnreadableBatch>();

  constructor(private readonly options: UnreadablePlacesOptions) {}

  /**
   * @param atUnreadable with `wait`, a reader without an order waits at the batch and asks again later; the batch is reported
   * @returns the operator's order to pass over the batch; null if there is none
   */
  async orderFor(batch: UnreadableBatch, atUnreadable: AtUnreadable): Promise<Repair | null> {
    const key = repairKey(batch);
    const { topic, partition, firstOffset, lastOffset, reason } = batch;
    const place = { topic, partition, firstOffset: String(firstOffset), lastOffset: String(lastOffset), reason };
    const repair = await this.options.repairOf(batch);
    if (repair !== null) {
      this.waiting.delete(key);
      this.options.logger.warn(place, 'records that cannot be read are passed over, as an operator ordered');
      return repair;
    }
    if (atUnreadable === 'end') return null;
    if (!this.waiting.has(key)) {
      this.options.logger.error({ ...place, code: 'UNREADABLE_BATCH' }, `a reader waits at ${describeRange(batch)}: ${ADVICE}`);
    }
    this.waiting.set(key, batch);
    return null;
  }

  /** A reader has read on in this partition, or reads it no more. */
  left(topic: string, partition: number): void {
    for (const [key, batch] of this.waiting) {
      if (batch.topic === topic && batch.partition === partition) this.waiting.delete(key);
    }
  }

  count(topic: string): number {
    return [...this.waiting.values()].filter((batch) => batch.topic === topic).length;
  }

  condition(): Condition {
    if (this.waiting.size === 0) return { ok: true };
    const named = [...this.waiting.values()].slice(0, MOST_NAMED).map((batch) => `${describeRange(batch)} (${batch.reason})`);
    const more = this.waiting.size > MOST_NAMED ? ` and ${String(this.waiting.size - MOST_NAMED)} more` : '';
    return { ok: false, reason: `nobody can read ${named.join(', ')}${more}: ${ADVICE}` };
  }
}

export function describeRange({ topic, partition, firstOffset, lastOffset }: RecordRange): string {
  const offsets =
    firstOffset === lastOffset ? `offset ${String(firstOffset)}` : `offsets ${String(firstOffset)} to ${String(lastOffset)}`;
  return `${topic}/${String(partition)} ${offsets}`;
}

export function unreadableError(batch: UnreadableBatch): KafkaError {
  return new KafkaError('UNREADABLE_BATCH', `Nobody can read ${describeRange(batch)}: ${batch.reason}.`);
}
