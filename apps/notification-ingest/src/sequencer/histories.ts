import { isOlderSnapshot, type Snapshot } from '@callbus/contracts';
import type { SnapshotFollower } from '@callbus/kafka';

/**
 * The newest state of each call that this process may rest on: what it has written itself under the present assignment,
 * else the snapshot with the highest offset.
 */
export class Histories {
  private readonly written = new Map<string, Snapshot>();
  private followed: SnapshotFollower<Snapshot> | undefined;

  /** @param followed the snapshots of all calls */
  follow(followed: SnapshotFollower<Snapshot>): void {
    this.followed = followed;
  }

  get(callId: string): Snapshot | undefined {
    return this.written.get(callId) ?? this.followed?.get(callId);
  }

  put(snapshot: Snapshot): void {
    this.written.set(snapshot.callId, snapshot);
    this.onFollowed(snapshot.callId);
  }

  /** To be called when the follower has a new snapshot of the call: what it holds need not be held twice. */
  onFollowed(callId: string): void {
    const own = this.written.get(callId);
    const followed = this.followed?.get(callId);
    if (own !== undefined && followed !== undefined && !isOlderSnapshot(followed, own)) this.written.delete(callId);
  }

  /** Another process may have gone on with these calls. */
  forgetOwn(): void {
    this.written.clear();
  }
}
