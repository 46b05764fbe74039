import {
  ContractError,
  decodeSnapshot,
  isCallId,
  isOlderSnapshot,
  partitionOf,
  topicName,
  TOPICS,
  type Repair,
  type Snapshot,
} from '@callbus/contracts';
import { DamagedRecords, type DamagedRecord } from './damaged-records.js';
import type {
  AtUnreadable,
  Condition,
  KafkaClient,
  ReadProgress,
  ReceivedRecord,
  TopicFollower,
  UnreadableBatch,
} from '../port/kafka-client.js';

export interface SnapshotFollowerOptions<T> {
  readonly client: KafkaClient;
  readonly topicPrefix: string;
  /** Number of the topic's partitions. */
  readonly partitionCount: number;
  /** @default all */
  readonly partitions?: readonly number[];
  /** @default decodeSnapshot */
  readonly decode?: (callId: string, value: Buffer) => Snapshot;
  /** What is kept of a snapshot: the snapshots of all calls are in memory. */
  readonly keep: (snapshot: Snapshot) => T;
  /** Milliseconds without a record after which `caughtUp` fails. */
  readonly standstillMs?: number;
  /** @default wait */
  readonly atUnreadable?: AtUnreadable;
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
 * the one written last: a process that lost its partition may write an older one. A damaged record counts as an older one too, so
 * that one bad record stops no process: docs/decisions/0021-damaged-records.md.
 */
export class SnapshotFollower<T> {
  private readonly kept = new Map<string, Kept<T>>();
  private readonly waiting = new Map<string, Set<Waiter>>();
  private readonly listeners = new Set<(callId: string) => void>();
  private readonly listenersOfForgotten = new Set<(callId: string) => void>();
  private readonly damagedRecords = new DamagedRecords();
  private follower: TopicFollower | undefined;
  private haveWaitsEnded = false;

  private constructor(private readonly options: SnapshotFollowerOptions<T>) {}

  /** Begins to read; `caughtUp` says when it is up to date. */
  static async start<T>(options: SnapshotFollowerOptions<T>): Promise<SnapshotFollower<T>> {
    const snapshots = new SnapshotFollower(options);
    snapshots.follower = await options.client.follow({
      topic: topicName(options.topicPrefix, TOPICS.snapshots),
      ...(options.partitions && { partitions: options.partitions }),
      ...(options.standstillMs !== undefined && { standstillMs: options.standstillMs }),
      isRestore: true,
      ...(options.atUnreadable !== undefined && { atUnreadable: options.atUnreadable }),
      onRecord: (record) => {
        snapshots.take(record);
      },
      onPassedOver: (batch, repair) => {
        snapshots.passOver(batch, repair);
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

  /** True when the call has only damaged snapshots, so its state is unknown. */
  isLost(callId: string): boolean {
    const key = Buffer.from(callId);
    const partition = partitionOf(callId, this.options.partitionCount);
    return !this.kept.has(callId) && this.damagedRecords.has({ partition, key });
  }

  /** Damaged records that are still the last of their key. */
  damaged(): readonly DamagedRecord[] {
    return this.damagedRecords.all();
  }

  /** Names the damaged records. */
  condition(): Condition {
    return this.damagedRecords.condition();
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
    if (this.haveWaitsEnded || isThere()) return this.get(callId);
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

  /** Ends every wait at once with the state that is known now. A wait that begins later also ends at once. */
  endWaits(): void {
    this.haveWaitsEnded = true;
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

  private take(record: ReceivedRecord): void {
    const { key, value } = record;
    const callId = key?.toString() ?? '';
    const misplaced = this.whyMisplaced(record, callId);
    if (misplaced !== null) {
      if (value === null) this.damagedRecords.forget(record);
      else this.damagedRecords.put({ ...record, reason: misplaced });
      return;
    }
    if (value === null) {
      this.damagedRecords.forget(record);
      this.forget(callId);
      return;
    }
    const snapshot = this.read(record, callId, value);
    if (snapshot !== null) {
      this.damagedRecords.forget(record);
      this.count(snapshot, record.timestampMs);
      return;
    }
    const known = this.kept.get(callId);
    if (known !== undefined) this.kept.set(callId, { ...known, isLast: false });
  }

  private whyMisplaced({ partition }: ReceivedRecord, callId: string): string | null {
    if (!isCallId(callId)) return 'its key is no callId';
    return partition === partitionOf(callId, this.options.partitionCount) ? null : 'its key belongs to another partition';
  }

  /** @returns null when it is damaged @throws ContractError UNKNOWN_VERSION: the reader stops rather than guesses */
  private read(record: ReceivedRecord, callId: string, value: Buffer): Snapshot | null {
    const { decode = (_callId, encoded) => decodeSnapshot(encoded) } = this.options;
    try {
      const snapshot = decode(callId, value);
      if (snapshot.callId !== callId) throw new ContractError('KEY_MISMATCH', 'The snapshot is of another call.');
      return snapshot;
    } catch (error) {
      if (!(error instanceof ContractError) || error.code === 'UNKNOWN_VERSION') throw error;
      this.damagedRecords.put({ ...record, reason: error.code });
      return null;
    }
  }

  private count(snapshot: Snapshot, writtenAtMs: number): void {
    const { callId, offset, foldVersion } = snapshot;
    const known = this.kept.get(callId);
    if (known !== undefined && isOlderSnapshot(snapshot, known)) {
      this.kept.set(callId, { ...known, isLast: false });
      return;
    }
    this.kept.set(callId, { offset, foldVersion, value: this.options.keep(snapshot), writtenAtMs, isLast: true });
    for (const listener of this.listeners) listener(callId);
    for (const { look } of this.waiting.get(callId) ?? []) look();
  }

  /** The batch held newer state of these calls than the last readable snapshot, so their state is unknown. */
  private passOver({ topic, partition, firstOffset: offset }: UnreadableBatch, repair: Repair | null): void {
    for (const callId of repair?.lost ?? []) {
      this.damagedRecords.put({ topic, partition, offset, key: Buffer.from(callId), reason: 'passed over' });
      this.forget(callId);
    }
  }

  private forget(callId: string): void {
    if (this.kept.delete(callId)) for (const listener of this.listenersOfForgotten) listener(callId);
  }
}
