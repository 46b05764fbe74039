/** How an event stands to what was handled of its call before. */
export type Standing =
  | { readonly kind: 'next' }
  | { readonly kind: 'repeat' }
  /** `missing`: how many events lie between. */
  | { readonly kind: 'gap'; readonly missing: number };

interface Progress {
  /** The highest offset that was done with. */
  offset: bigint;
  /** The last sequence by callId; the call that was heard of last is at the end. */
  readonly sequences: Map<string, number>;
}

const NEXT: Standing = { kind: 'next' };
const REPEAT: Standing = { kind: 'repeat' };

/**
 * How far this process has handled each call. Of a call that it has handled nothing of, any event is the next: what came
 * before was handled by whoever committed it.
 */
export class CallPositions {
  private readonly partitions = new Map<number, Progress>();

  /** @param maxCalls remembered per partition; the one heard of longest ago is forgotten first */
  constructor(private readonly maxCalls: number) {}

  standingOf(partition: number, callId: string, sequence: number): Standing {
    const last = this.partitions.get(partition)?.sequences.get(callId);
    if (last === undefined || sequence === last + 1) return NEXT;
    return sequence <= last ? REPEAT : { kind: 'gap', missing: sequence - last - 1 };
  }

  /** To be called after the event was handled: one whose handler failed is no repeat when it comes again. */
  done(partition: number, offset: bigint, callId: string, sequence: number): void {
    const progress = this.partitions.get(partition) ?? { offset, sequences: new Map<string, number>() };
    this.partitions.set(partition, progress);
    if (offset > progress.offset) progress.offset = offset;
    const { sequences } = progress;
    const last = sequences.get(callId) ?? sequence;
    sequences.delete(callId);
    sequences.set(callId, Math.max(last, sequence));
    for (const oldest of sequences.keys()) {
      if (sequences.size <= this.maxCalls) break;
      sequences.delete(oldest);
    }
  }

  /**
   * To be called with every assignment. Where the group is beyond all that this process has done, another one went on from
   * there meanwhile, and what is remembered would make a gap of its work.
   * @param committed the next offset of each partition assigned, null without a commit
   */
  assigned(committed: ReadonlyMap<number, bigint | null>): void {
    for (const [partition, { offset }] of this.partitions) {
      const next = committed.get(partition);
      if (next === undefined || (next !== null && next > offset + 1n)) this.partitions.delete(partition);
    }
  }
}
