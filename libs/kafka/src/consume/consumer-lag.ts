interface Behind {
  readonly records: bigint;
  /** On the monotonic clock, ms; null while there is nothing to read. */
  readonly sinceMs: number | null;
}

/** How far a reader of a topic is behind, as of what its fetches told: what was appended since, it does not know. */
export class ConsumerLag {
  private readonly partitions = new Map<number, Behind & { readonly end: bigint }>();

  constructor(private readonly monotonicMs: () => number = () => performance.now()) {}

  /** @param next offset that is to be handled next @param end offset after the last one in the log */
  fetched(partition: number, next: bigint, end: bigint): void {
    const records = end - next;
    const sinceMs = records > 0n ? (this.partitions.get(partition)?.sinceMs ?? this.monotonicMs()) : null;
    this.partitions.set(partition, { records, sinceMs, end });
  }

  /** All before `next` is done with. */
  done(partition: number, next: bigint): void {
    const { end } = this.partitions.get(partition) ?? { end: next };
    const records = end > next ? end - next : 0n;
    this.partitions.set(partition, { records, sinceMs: records > 0n ? this.monotonicMs() : null, end });
  }

  /** The others are another reader's from now on. */
  keep(partitions: readonly number[]): void {
    for (const partition of this.partitions.keys()) if (!partitions.includes(partition)) this.partitions.delete(partition);
  }

  records(): number {
    return [...this.partitions.values()].reduce((sum, { records }) => sum + Number(records), 0);
  }

  /** Seconds since a partition that has something to read made headway, of the one that waits longest; 0 without one. */
  ageSeconds(): number {
    const since = [...this.partitions.values()].flatMap(({ sinceMs }) => (sinceMs === null ? [] : [sinceMs]));
    return since.length === 0 ? 0 : (this.monotonicMs() - Math.min(...since)) / 1_000;
  }
}
