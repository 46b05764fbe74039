import { setTimeout as delay } from 'node:timers/promises';
import { dispositionOf } from '../dead-letters/disposition-of.js';
import { KafkaError } from '../port/errors.js';
import type { ConsumeOptions, ReceivedRecord, Tries, UnreadableBatch } from '../port/kafka-client.js';
import type { KafkaLogger } from '../port/kafka-logger.js';
import type { KafkaMetrics } from '../telemetry/kafka-metrics.js';
import { unreadableError, type UnreadablePlaces } from './unreadable-places.js';

/** Of a letter that is too large as it came: ours have the callId as the key. */
const LONGEST_KEY = 1_000;

export interface DeliveryParts {
  readonly unreadable: Pick<UnreadablePlaces, 'orderFor'>;
  readonly metrics: Pick<KafkaMetrics, 'handled'>;
  readonly logger: KafkaLogger;
}

/** The assignment that a record was read under. */
export interface Assignment {
  /** Aborts when the assignment ends. */
  readonly signal: AbortSignal;
  /** False once another process may have the partition. Nothing new begins then. */
  readonly isCurrent: () => boolean;
}

/** Delivers the records of one consumer: calls the handler, retries, puts aside what cannot be handled. */
export class RecordDelivery {
  constructor(
    private readonly options: Pick<ConsumeOptions, 'group' | 'handler' | 'deadLetter' | 'atUnreadable' | 'onFatal'>,
    private readonly parts: DeliveryParts,
  ) {}

  /** Measures the work on a record, and logs it in one line. @returns whether the record is done with */
  async deliver(record: ReceivedRecord, isLastOfKey: boolean, assignment: Assignment): Promise<boolean> {
    const begunAtMs = performance.now();
    const noted: Record<string, unknown> = {};
    const note = (facts: Readonly<Record<string, unknown>>): void => {
      Object.assign(noted, facts);
    };
    const { handler, group } = this.options;
    const settled = await this.settle(record, assignment, (tries) =>
      handler(record, { signal: assignment.signal, isLastOfKey, note, ...tries }),
    );
    if (settled === null) return false;
    const durationMs = performance.now() - begunAtMs;
    const { topic, partition, offset } = record;
    this.parts.metrics.handled(topic, group, durationMs / 1_000);
    const place = { topic, partition, offset: String(offset), group };
    this.parts.logger.info({ ...place, ...noted, ...settled, durationMs: Math.round(durationMs) }, 'a record is done with');
    return true;
  }

  /** @returns true when the batch was put aside; otherwise this process or the next one reads it again later */
  async passOver(batch: UnreadableBatch, assignment: Assignment): Promise<boolean> {
    const { atUnreadable = 'wait', deadLetter, onFatal } = this.options;
    const { topic, partition, firstOffset: offset, timestampMs, bytes } = batch;
    const error = unreadableError(batch);
    // What its producer wrote so is the same on every replica, so waiting does not help.
    const isLetter = !batch.isDamaged && deadLetter !== undefined;
    const mayPass = isLetter || (await this.parts.unreadable.orderFor(batch, atUnreadable)) !== null;
    if (!mayPass && atUnreadable === 'wait') return false;
    if (deadLetter === undefined) {
      if (!mayPass) onFatal(error);
      return mayPass;
    }
    const record: ReceivedRecord = { topic, partition, offset, timestampMs, key: null, value: bytes, headers: {} };
    return (await this.settle(record, assignment, (tries) => this.putAside(record, error, tries))) !== null;
  }

  /**
   * A letter may be too large for its topic: with its headers, or because it came compressed better than it can be sent. Then its
   * place is kept, and why it is aside.
   */
  private async putAside(record: ReceivedRecord, error: unknown, tries: Tries): Promise<void> {
    const { deadLetter } = this.options;
    try {
      await deadLetter?.(record, error, tries);
    } catch (failure) {
      if (!(failure instanceof KafkaError) || failure.code !== 'RECORD_REFUSED') throw failure;
      const key = (record.key?.length ?? 0) > LONGEST_KEY ? null : record.key;
      await deadLetter?.({ ...record, key, value: null, headers: {} }, error, tries);
    }
  }

  /** @returns the outcome; null: the record is left to the process that reads it next */
  private async settle(
    record: ReceivedRecord,
    assignment: Assignment,
    handle: (tries: Tries) => Promise<void>,
  ): Promise<{ readonly outcome: 'handled' | 'dead letter'; readonly attempts: number } | null> {
    const { deadLetter, onFatal } = this.options;
    const firstTriedAtMs = Date.now();
    let run = handle;
    let isPutAside = false;
    for (let attempt = 1; ; attempt += 1) {
      const tries = { attempt, firstTriedAtMs };
      try {
        await run(tries);
        return { outcome: isPutAside ? 'dead letter' : 'handled', attempts: attempt };
      } catch (error) {
        const disposition = dispositionOf(error, attempt);
        // Without a place for dead letters, or with one that refuses it, the record must not be passed over.
        if (disposition.kind === 'stop' || (disposition.kind === 'dead-letter' && (deadLetter === undefined || isPutAside))) {
          onFatal(error);
          return null;
        }
        const { topic, partition, offset } = record;
        this.parts.logger.warn(
          { err: error, topic, partition, offset: String(offset), attempt, disposition },
          'a record could not be handled',
        );
        if (disposition.kind === 'dead-letter') {
          isPutAside = true;
          run = () => this.putAside(record, error, tries);
          continue;
        }
        if (!assignment.isCurrent()) return null;
        // An aborted wait rejects; the assignment then is no longer current.
        await delay(disposition.delayMs, undefined, { signal: assignment.signal }).catch(() => undefined);
        if (!assignment.isCurrent()) return null;
      }
    }
  }
}
