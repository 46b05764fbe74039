import { setTimeout as delay } from 'node:timers/promises';
import type { Consumer, EachBatchPayload } from 'kafkajs';
import { ConsumerLag } from '../consume/consumer-lag.js';
import { dispositionOf } from '../dead-letters/disposition-of.js';
import type { Condition, ConsumeOptions, RecordConsumer, UnreadableBatch } from '../port/kafka-client.js';
import type { KafkaLogger } from '../port/kafka-logger.js';
import { RecordDelivery } from '../consume/record-delivery.js';
import { runByKey } from '../consume/run-by-key.js';
import { CrashWatch } from './crash-watch.js';
import { LOOK_AGAIN_MS, receivedFrom, unreadableFrom, type ReaderParts } from './reader.js';

const DEFAULT_CONCURRENCY = 64;

interface ConsumerParts extends ReaderParts {
  readonly sessionTimeoutMs: number;
  readonly logger: KafkaLogger;
}

export class KafkajsConsumer implements RecordConsumer {
  private readonly stopping = new AbortController();
  private partitions: readonly number[] = [];
  /** Counts the assignments; a batch may commit only under the one that read it. */
  private generation = 0;
  private assigned: Promise<void> = Promise.resolve();
  private isJoined = false;
  private readonly lag = new ConsumerLag();
  private readonly crashes: CrashWatch;
  private readonly delivery: RecordDelivery;
  /** Partitions in which it waits at an unreadable batch. */
  private readonly held = new Map<number, { readonly timer: NodeJS.Timeout; readonly resume: () => void }>();

  constructor(
    private readonly consumer: Consumer,
    private readonly options: ConsumeOptions,
    private readonly parts: ConsumerParts,
  ) {
    this.crashes = new CrashWatch(options.onFatal);
    this.delivery = new RecordDelivery(options, parts);
  }

  async start(): Promise<void> {
    const { consumer, options, lag } = this;
    const { metrics } = this.parts;
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      this.generation += 1;
      this.leave();
      this.partitions = payload.memberAssignment[options.topic] ?? [];
      this.isJoined = true;
      metrics.assigned(options.group);
      lag.keep(this.partitions);
      this.assigned = this.prepare(this.generation);
      this.assigned.catch(options.onFatal);
    });
    consumer.on(consumer.events.REBALANCING, () => {
      this.isJoined = false;
    });
    // T2: a crash that the client does not recover from leaves a process alive and deaf; it has to end.
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      this.isJoined = false;
      metrics.crashed(options.group, payload.restart);
      this.crashes.crashed(payload.error, payload.restart);
    });
    await consumer.connect();
    // T4: without fromBeginning an offset that is out of range silently becomes the latest.
    await consumer.subscribe({ topic: options.topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 64,
      eachBatch: (payload) => this.batch(payload),
    });
    this.crashes.begun();
    metrics.watch(options.topic, options.group, lag);
  }

  assignment(): readonly number[] {
    return this.partitions;
  }

  condition(): Condition {
    return this.isJoined ? { ok: true } : { ok: false, reason: `the consumer of ${this.options.topic} has not joined its group` };
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.crashes.stops();
    this.leave();
    this.parts.loop.end();
    await this.consumer.disconnect();
  }

  /** Lets the listener prepare for an assignment. Retries after a transient error, as for a record; any other error is fatal. */
  private async prepare(generation: number): Promise<void> {
    const { topic, group, onAssigned } = this.options;
    const { partitions } = this;
    for (let attempt = 1; generation === this.generation && !this.stopping.signal.aborted; attempt += 1) {
      try {
        await onAssigned?.(partitions);
        return;
      } catch (error) {
        const disposition = dispositionOf(error, attempt);
        if (disposition.kind !== 'retry') throw error;
        this.parts.logger.warn({ err: error, topic, group, attempt, disposition }, 'an assignment could not be prepared for');
        await delay(disposition.delayMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      }
    }
  }

  private async batch(payload: EachBatchPayload): Promise<void> {
    const { topic, partition } = payload.batch;
    const { generation } = this;
    const { loop, logger, sessionTimeoutMs } = this.parts;
    const lost = new AbortController();
    const signal = AbortSignal.any([lost.signal, this.stopping.signal]);
    const isCurrent = (): boolean =>
      !signal.aborted &&
      payload.isRunning() &&
      !payload.isStale() &&
      generation === this.generation &&
      // T7: what was fetched before a rebalance is still delivered after it.
      this.partitions.includes(partition);
    const assignment = { signal, isCurrent };
    // T7: on a timer, caught: a rebalance means to begin nothing more, and to finish what is under way.
    const beat = setInterval(() => {
      loop.turned();
      payload.heartbeat().catch((error: unknown) => {
        logger.debug({ err: error, topic, partition }, 'a heartbeat said that the assignment is over');
        lost.abort();
      });
    }, heartbeatMs(sessionTimeoutMs));
    try {
      await this.assigned;
      const { messages } = payload.batch;
      const unreadables = messages.map((message) => unreadableFrom(topic, partition, message));
      const firstUnreadable = unreadables.findIndex((batch) => batch !== null);
      const readable = firstUnreadable === -1 ? messages : messages.slice(0, firstUnreadable);
      const records = readable.map((message) => receivedFrom(topic, partition, message));
      const [first] = records;
      if (first !== undefined) this.lag.fetched(partition, first.offset, BigInt(payload.batch.highWatermark));
      const done = await runByKey(
        records,
        this.options.concurrency ?? DEFAULT_CONCURRENCY,
        (record, isLastOfKey) => this.delivery.deliver(record, isLastOfKey, assignment),
        isCurrent,
      );
      const last = records[done - 1];
      if (generation !== this.generation) return;
      if (last !== undefined) await this.commit(payload, last.offset + 1n);
      const unreadable = unreadables[firstUnreadable];
      if (unreadable == null || done < records.length || !isCurrent()) return;
      if (!(await this.delivery.passOver(unreadable, assignment))) {
        // Else other processes have the partition by now, and name the place themselves.
        if (isCurrent()) this.hold(unreadable, payload.pause());
        else this.parts.unreadable.left(topic, partition);
      } else if (generation === this.generation) {
        await this.commit(payload, unreadable.lastOffset + 1n);
      }
    } finally {
      clearInterval(beat);
    }
  }

  private async commit(payload: EachBatchPayload, next: bigint): Promise<void> {
    const { topic, partition } = payload.batch;
    payload.resolveOffset(String(next - 1n));
    // Only inside this callback does a commit still work once the consumer is stopping (trap T5).
    await payload.commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset: String(next) }] }] });
    this.lag.done(partition, next);
    if (this.held.delete(partition)) this.parts.unreadable.left(topic, partition);
  }

  /** The batch is fetched again after a while: perhaps from another replica, or after an operator's order. */
  private hold({ partition }: UnreadableBatch, resume: () => void): void {
    this.held.set(partition, { timer: setTimeout(resume, LOOK_AGAIN_MS), resume });
  }

  /** From now on other processes may own its partitions. */
  private leave(): void {
    for (const [partition, { timer, resume }] of this.held) {
      clearTimeout(timer);
      resume();
      this.parts.unreadable.left(this.options.topic, partition);
    }
    this.held.clear();
  }
}

export function heartbeatMs(sessionTimeoutMs: number): number {
  return Math.min(3_000, Math.floor(sessionTimeoutMs / 10));
}
