import { KafkaError } from '../port/errors.js';
import type { OffsetRange, ReadProgress } from '../port/kafka-client.js';

interface Wait {
  /** Partition → the offset that its position must pass. A partition that has passed its offset is removed. */
  readonly pending: Map<number, bigint>;
  /** Last progress in one of these partitions, on the monotonic clock. */
  movedAtMs: number;
  readonly resolve: () => void;
}

export interface ReadPositionsOptions {
  readonly monotonicMs?: () => number;
  /** True while the reader waits at an unreadable batch of the partition. The wait then does not fail: `/readyz` reports it, and a restart would not help. */
  readonly isHeld?: (partition: number) => boolean;
}

/**
 * Positions of a reader of a topic, and the waits for further progress. A wait fails only at a standstill, never after a fixed
 * time: a long restore over a slow connection continues while records come.
 */
export class ReadPositions {
  private readonly next = new Map<number, bigint>();
  private readonly waits = new Set<Wait>();
  private ranges: readonly OffsetRange[] = [];

  private readonly monotonicMs: () => number;
  private readonly isHeld: (partition: number) => boolean;

  /** @param standstillMs a wait fails after this time without a record of an awaited partition */
  constructor(
    private readonly topic: string,
    private readonly standstillMs: number,
    { monotonicMs = () => performance.now(), isHeld = () => false }: ReadPositionsOptions = {},
  ) {
    this.monotonicMs = monotonicMs;
    this.isHeld = isHeld;
  }

  /** The offset that is read next; 0 before the first record. */
  of(partition: number): bigint {
    return this.next.get(partition) ?? 0n;
  }

  all(): Iterable<readonly [partition: number, next: bigint]> {
    return this.next;
  }

  /** @param next the offset that is read next from now on */
  moved(partition: number, next: bigint): void {
    this.next.set(partition, next);
    for (const wait of this.waits) {
      const target = wait.pending.get(partition);
      if (target === undefined) continue;
      wait.movedAtMs = this.monotonicMs();
      if (next <= target) continue;
      wait.pending.delete(partition);
      if (wait.pending.size === 0) wait.resolve();
    }
  }

  /** Resolves when these ranges are read. `progress` reports on them until the next call of `read`. @throws KafkaError FOLLOWER_LATE */
  async read(ranges: readonly OffsetRange[]): Promise<void> {
    this.ranges = ranges;
    await this.passed(new Map(ranges.map(({ partition, end }) => [partition, end - 1n])));
  }

  /** Progress of the last `read`. */
  progress(): ReadProgress {
    const read = this.ranges.map(({ partition, start, end }) => {
      const next = this.of(partition);
      return next > end ? end - start : next > start ? next - start : 0n;
    });
    const of = this.ranges.map(({ start, end }) => end - start);
    return { read: Number(sum(read)), of: Number(sum(of)) };
  }

  /** Resolves when these records are read. @param targets partition → offset of the record. @throws KafkaError FOLLOWER_LATE */
  async passed(targets: ReadonlyMap<number, bigint>): Promise<void> {
    const pending = new Map([...targets].filter(([partition, offset]) => this.of(partition) <= offset));
    if (pending.size === 0) return;
    await new Promise<void>((resolve, reject) => {
      let timer: NodeJS.Timeout;
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        this.waits.delete(wait);
        settle();
      };
      const wait: Wait = {
        pending,
        movedAtMs: this.monotonicMs(),
        resolve: () => {
          end(resolve);
        },
      };
      const look = (): void => {
        const leftMs = this.standstillMs - (this.monotonicMs() - wait.movedAtMs);
        if (leftMs > 0) timer = setTimeout(look, leftMs);
        else if ([...pending.keys()].some(this.isHeld)) timer = setTimeout(look, this.standstillMs);
        else
          end(() => {
            reject(this.standstill(pending));
          });
      };
      timer = setTimeout(look, this.standstillMs);
      this.waits.add(wait);
    });
  }

  private standstill(pending: ReadonlyMap<number, bigint>): KafkaError {
    const places = [...pending].map(([partition, offset]) => {
      const next = String(this.of(partition));
      return `${this.topic}/${String(partition)} stands still at offset ${next}, before ${String(offset)}`;
    });
    return new KafkaError('FOLLOWER_LATE', `${places.join('; ')}.`);
  }
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}
