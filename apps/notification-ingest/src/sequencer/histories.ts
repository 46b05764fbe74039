import { decodeSnapshot, isOlderSnapshot, type Snapshot } from '@callbus/contracts';
import type { SnapshotFollower } from '@callbus/kafka';
import { snapshotOf, type KeptSnapshot } from './kept-snapshot.js';

interface Written {
  readonly snapshot: Snapshot;
  readonly value: Buffer;
}

/**
 * The newest state of each call that this process may rest on: what it has written itself under the present assignment,
 * else the snapshot with the highest offset.
 */
export class Histories {
  private readonly written = new Map<string, Written>();
  private followed: SnapshotFollower<KeptSnapshot> | undefined;

  /** @param followed the snapshots of all calls */
  follow(followed: SnapshotFollower<KeptSnapshot>): void {
    this.followed = followed;
  }

  get(callId: string): Snapshot | undefined {
    const own = this.written.get(callId);
    if (own !== undefined) return own.snapshot;
    const followed = this.followed?.get(callId);
    return followed && snapshotOf(followed);
  }

  /** @param value the snapshot as it was written */
  put(snapshot: Snapshot, value: Buffer): void {
    this.written.set(snapshot.callId, { snapshot, value });
    this.onFollowed(snapshot.callId);
  }

  /** What a record of the snapshots topic holds; what this process wrote itself, it knows without decoding it. */
  read(callId: string, value: Buffer): Snapshot {
    const own = this.written.get(callId);
    return own?.value.equals(value) === true ? own.snapshot : decodeSnapshot(value);
  }

  /** To be called when the follower has a new snapshot of the call: what it holds need not be held twice. */
  onFollowed(callId: string): void {
    const own = this.written.get(callId);
    const followed = this.followed?.get(callId);
    if (own !== undefined && followed !== undefined && !isOlderSnapshot(followed, own.snapshot)) this.written.delete(callId);
  }

  /** Another process may have gone on with these calls. */
  forgetOwn(): void {
    this.written.clear();
  }
}
