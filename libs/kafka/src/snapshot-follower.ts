import { decodeSnapshot, isOlderSnapshot, partitionOf, topicName, TOPICS, type Snapshot } from '@callbus/contracts';
import type { KafkaClient, ReadProgress, ReceivedRecord, TopicFollower } from './kafka-client.js';

export interface SnapshotFollowerOptions<T> {
  readonly client: KafkaClient;
  readonly topicPrefix: string;
  /** @default all */
  readonly partitions?: readonly number[];
  /** @default decodeSnapshot */
  readonly decode?: (callId: string, value: Buffer) => Snapshot;
  /** What is kept of a snapshot: the snapshots of all calls are in memory. */
  readonly keep: (snapshot: Snapshot) => T;
  /** How long no record may come before `caughtUp` fails, ms. */
  readonly standstillMs?: number;
  readonly onFatal: (error: unknown) => void;
}

interface Kept<T> {
  readonly offset: number;
  readonly foldVersion: number;
  readonly value: T;
  /** When the record that counts was written, ms since 1970. */
  readonly writtenAtMs: number;
  /** Whether the last record of this key is the kept one: a zombie may have written an older one after it. */
  readonly isLast: boolean;
}

interface Waiter {
  readonly look: () => void;
  readonly end: () => void;
}

/**
 * The folded state of every call, from the snapshots topic. Per call the snapshot with the highest offset counts, not
 * the one written last: a process that lost its partition may write an older one.
 */
export class SnapshotFollower<T> {
  private readonly kept = new Map<string, Kept<T>>();
  private readonly waiting = new Map<string, Set<Waiter>>();
  private readonly listeners = new Set<(callId: string) => void>();
  private readonly listenersOfForgotten = new Set<(callId: string) => void>();
  private follower: TopicFollower | undefined;

  private constructor(private readonly options: SnapshotFollowerOptions<T>) {}

  /** Begins to read; `caughtUp` says when it is up to date. */
  static async start<T>(options: SnapshotFollowerOptions<T>): Promise<SnapshotFollower<T>> {
    const snapshots = new SnapshotFollower(options);
    snapshots.follower = await options.client.follow({
      topic: topicName(options.topicPrefix, TOPICS.snapshots),
      ...(options.partitions && { partitions: options.partitions }),
      ...(options.standstillMs !== undefined && { standstillMs: options.standstillMs }),
      isRestore: true,
      onRecord: (record) => {
        snapshots.take(record);
      },
      onFatal: options.onFatal,
    });
    return snapshots;
  }

  get(callId: string): T | undefined {
    return this.kept.get(callId)?.value;
  }

  /** Called after each snapshot that came to count. */
  onSnapshot(listener: (callId: string) => void): void {
    this.listeners.add(listener);
  }

  /** Called after a call was forgotten: there is no snapshot of it any more. */
  onForgotten(listener: (callId: string) => void): void {
    this.listenersOfForgotten.add(listener);
  }

  values(): T[] {
    return [...this.kept.values()].map(({ value }) => value);
  }

  /** When the snapshot that counts was written, ms since 1970. */
  writtenAtMs(callId: string): number | undefined {
    return this.kept.get(callId)?.writtenAtMs;
  }

  /** Of these partitions, what counts although an older snapshot was written after it: to be written again. */
  overwritten(assigned: readonly number[], partitions: number): T[] {
    return [...this.kept]
      .filter(([callId, { isLast }]) => !isLast && assigned.includes(partitionOf(callId, partitions)))
      .map(([, { value }]) => value);
  }

  /** Of these partitions, the calls of which nothing was written since then. */
  unchangedSince(timeMs: number, assigned: readonly number[], partitions: number): string[] {
    return [...this.kept]
      .filter(([callId, { writtenAtMs }]) => writtenAtMs < timeMs && assigned.includes(partitionOf(callId, partitions)))
      .map(([callId]) => callId);
  }

  /**
   * The call's state as soon as it is awaited: at once where it is so already.
   * @param isAwaited by default any state is
   * @returns the state after `timeoutMs`, whatever it is, when it did not come to be awaited
   */
  async waitFor(callId: string, timeoutMs: number, isAwaited: (value: T) => boolean = () => true): Promise<T | undefined> {
    const isThere = (): boolean => {
      const value = this.get(callId);
      return value !== undefined && isAwaited(value);
    };
    if (isThere()) return this.get(callId);
    await new Promise<void>((resolve) => {
      const waiters = this.waiting.get(callId) ?? new Set();
      this.waiting.set(callId, waiters);
      const end = (): void => {
        clearTimeout(timer);
        waiters.delete(waiter);
        if (waiters.size === 0) this.waiting.delete(callId);
        resolve();
      };
      const look = (): void => {
        if (isThere()) end();
      };
      const waiter = { look, end };
      const timer = setTimeout(end, timeoutMs);
      waiters.add(waiter);
    });
    return this.get(callId);
  }

  /** Whoever waits gets what there is, as if its time were up. */
  endWaits(): void {
    for (const waiters of [...this.waiting.values()]) for (const { end } of [...waiters]) end();
  }

  /** Resolves when everything was read that was in the topic at the time of the call. */
  async caughtUp(): Promise<void> {
    await this.follower?.caughtUp();
  }

  progress(): ReadProgress {
    return this.follower?.progress() ?? { read: 0, of: 0 };
  }

  async stop(): Promise<void> {
    await this.follower?.stop();
  }

  private take({ key, value, timestampMs: writtenAtMs }: ReceivedRecord): void {
    const callId = key?.toString();
    if (callId === undefined) return;
    if (value === null) {
      if (this.kept.delete(callId)) for (const listener of this.listenersOfForgotten) listener(callId);
      return;
    }
    const { decode = (_callId, encoded) => decodeSnapshot(encoded), keep } = this.options;
    const snapshot = decode(callId, value);
    const known = this.kept.get(callId);
    if (known !== undefined && isOlderSnapshot(snapshot, known)) {
      this.kept.set(callId, { ...known, isLast: false });
      return;
    }
    const { offset, foldVersion } = snapshot;
    this.kept.set(callId, { offset, foldVersion, value: keep(snapshot), writtenAtMs, isLast: true });
    for (const listener of this.listeners) listener(callId);
    for (const { look } of this.waiting.get(callId) ?? []) look();
  }
}
