import { setImmediate as turn } from 'node:timers/promises';
import type { FollowOptions, OutgoingRecord, ReceivedRecord, RecordSender, SentRecord, TopicFollower } from '@callbus/kafka';

/** Kafka with one topic of one partition, in memory; the broker's clock is the test's. */
export class MemoryLog {
  readonly records: ReceivedRecord[] = [];
  private readonly readers = new Set<() => void>();
  private readonly passedOver = new Set<NonNullable<FollowOptions['onPassedOver']>>();
  private isHeld = false;

  /**
   * @param nowMs the broker's clock, ms since 1970
   * @param start how many records were there before, and are no longer kept
   */
  constructor(
    private readonly nowMs: () => number,
    private readonly start = 0,
  ) {}

  readonly sender: RecordSender = {
    send: async (records) => {
      const sent = records.map((record) => this.append(record));
      this.deliver();
      // As Kafka does, so that one who sends without end does not hold up everything else.
      await turn();
      return sent;
    },
    condition: () => ({ ok: true }),
    close: () => Promise.resolve(),
  };

  /** Until `release`, nobody reads what is appended. */
  hold(): void {
    this.isHeld = true;
  }

  release(): void {
    this.isHeld = false;
    this.deliver();
  }

  /** As if an operator had ordered to pass over a batch that nobody can read. */
  passOver(timestampMs: number, orderedAtMs = timestampMs): void {
    const range = { topic: '', partition: 0, firstOffset: 0n, lastOffset: 0n };
    const reason = 'its checksum is wrong';
    const time = new Date(orderedAtMs).toISOString();
    const repair = { topic: '', partition: 0, firstOffset: '0', lastOffset: '0', reason, operator: 'me', time };
    for (const tell of this.passedOver) tell({ ...range, timestampMs, reason, isDamaged: true, bytes: Buffer.alloc(0) }, repair);
  }

  follow({ onRecord, onFatal, onPassedOver }: FollowOptions): Promise<TopicFollower> {
    let next = 0;
    if (onPassedOver !== undefined) this.passedOver.add(onPassedOver);
    const waiting = new Set<{ readonly offset: bigint; readonly resolve: () => void }>();
    const read = (): void => {
      try {
        for (; next < this.records.length; next += 1) onRecord(this.records[next] as ReceivedRecord);
      } catch (error) {
        this.readers.delete(read);
        onFatal(error);
      }
      for (const waiter of waiting) if (waiter.offset < this.start + next) waiter.resolve();
    };
    const reached = (_partition: number, offset: bigint): Promise<void> =>
      offset < this.start + next ? Promise.resolve() : new Promise((resolve) => waiting.add({ offset, resolve }));
    this.readers.add(read);
    this.deliver();
    return Promise.resolve({
      position: () => BigInt(this.start + next),
      lag: () => this.records.length - next,
      reached,
      caughtUp: () => reached(0, BigInt(this.start + this.records.length) - 1n),
      progress: () => ({ read: 0, of: 0 }),
      stop: () => {
        this.readers.delete(read);
        return Promise.resolve();
      },
    });
  }

  private append({ topic, partition, key, value, headers = {} }: OutgoingRecord): SentRecord {
    const place = { topic, partition, offset: BigInt(this.start + this.records.length) };
    const timestampMs = this.nowMs();
    this.records.push({ ...place, timestampMs, key: bytesOf(key), value: bytesOf(value), headers });
    return { ...place, appendedAtMs: timestampMs };
  }

  private deliver(): void {
    if (!this.isHeld) for (const read of this.readers) read();
  }
}

function bytesOf(value: string | Buffer | null): Buffer | null {
  return value === null ? null : Buffer.from(value);
}
