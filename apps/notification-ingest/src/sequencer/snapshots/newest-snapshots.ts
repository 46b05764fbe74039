import { decodeSnapshot, isOlderSnapshot, mayBeginHistoryMs, type Observation, type Snapshot } from '@callbus/contracts';
import type { SnapshotFollower } from '@callbus/kafka';
import { snapshotOf, type KeptSnapshot } from './kept-snapshot.js';

interface Own {
  readonly snapshot: Snapshot;
  /** As it was written; null before that. */
  readonly value: Buffer | null;
}

/**
 * The newest state of each call that this process may rest on: what it has folded itself under the present assignment, whose
 * events are on Kafka, else the snapshot with the highest offset.
 */
export class NewestSnapshots {
  private readonly own = new Map<string, Own>();
  private followed: SnapshotFollower<KeptSnapshot> | undefined;

  /** @param retentionDays days after a call's end after which its snapshot is deleted */
  constructor(private readonly retentionDays: number) {}

  /** @param followed the snapshots of all calls */
  follow(followed: SnapshotFollower<KeptSnapshot>): void {
    this.followed = followed;
  }

  get(callId: string): Snapshot | undefined {
    const own = this.own.get(callId);
    if (own !== undefined) return own.snapshot;
    const followed = this.followed?.get(callId);
    return followed && snapshotOf(followed);
  }

  /** True when the call has a history but its last state is unreadable. */
  isLost(callId: string): boolean {
    return !this.own.has(callId) && this.followed?.isLost(callId) === true;
  }

  /**
   * True when the call has no history now, but may have had one, deleted since, when the fact was observed. Only a record that
   * was written again is so much younger than its fact: a replayed dead letter, or a fact that the dispatcher's relay reports
   * anew. A first record is as old as its fact, even if it waited in Kafka during a standstill. Only times in the record count
   * and no clock, so each fold of the log decides alike.
   * @param appendedAtMs the record's timestamp, ms since 1970
   */
  isForgotten({ callId, receivedAt }: Observation, appendedAtMs: number): boolean {
    const ageMs = appendedAtMs - Date.parse(receivedAt);
    return ageMs >= mayBeginHistoryMs(this.retentionDays) && this.get(callId) === undefined;
  }

  /** Unless what is known is newer: a handler may end after the assignment that it began under. */
  put(snapshot: Snapshot): void {
    const known = this.get(snapshot.callId);
    if (known !== undefined && isOlderSnapshot(snapshot, known)) return;
    this.own.set(snapshot.callId, { snapshot, value: null });
    this.onFollowed(snapshot.callId);
  }

  /** What of the call is folded and in no snapshot yet. */
  unwritten(callId: string): Snapshot | undefined {
    const own = this.own.get(callId);
    return own?.value === null ? own.snapshot : undefined;
  }

  /** @param value the snapshot as it was written */
  onWritten(snapshot: Snapshot, value: Buffer): void {
    if (this.own.get(snapshot.callId)?.snapshot !== snapshot) return;
    this.own.set(snapshot.callId, { snapshot, value });
    this.onFollowed(snapshot.callId);
  }

  /** What a record of the snapshots topic holds; what this process wrote itself, it knows without decoding it. */
  read(callId: string, value: Buffer): Snapshot {
    const own = this.own.get(callId);
    return own?.value?.equals(value) === true ? own.snapshot : decodeSnapshot(value);
  }

  /** To be called when the follower has a new snapshot of the call: what it holds need not be held twice. */
  onFollowed(callId: string): void {
    const own = this.own.get(callId);
    const followed = this.followed?.get(callId);
    if (own !== undefined && followed !== undefined && !isOlderSnapshot(followed, own.snapshot)) this.own.delete(callId);
  }

  /** Another process may have gone on with these calls. */
  forgetOwn(): void {
    this.own.clear();
  }
}
