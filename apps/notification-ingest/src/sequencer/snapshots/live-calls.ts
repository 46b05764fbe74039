import { partitionOf } from '@callbus/contracts';
import type { SnapshotFollower } from '@callbus/kafka';
import type { KeptSnapshot } from './kept-snapshot.js';

export interface LiveCallsOptions {
  readonly snapshots: Pick<SnapshotFollower<KeptSnapshot>, 'values' | 'writtenAtMs'>;
  /** The partitions that are this process' to write, and how many there are. */
  readonly assignment: () => readonly number[];
  readonly partitions: number;
  readonly silentAfterMs: number;
}

/** The calls that were created and have not ended, of the partitions of this process. */
export class LiveCalls {
  constructor(private readonly options: LiveCallsOptions) {}

  count(): number {
    return this.all().length;
  }

  /** How many have no younger snapshot, so no younger observation that changed anything. @param nowMs ms since 1970 */
  silent(nowMs: number): number {
    const { snapshots, silentAfterMs } = this.options;
    return this.all().filter((callId) => (snapshots.writtenAtMs(callId) ?? nowMs) < nowMs - silentAfterMs).length;
  }

  private all(): string[] {
    const { snapshots, assignment, partitions } = this.options;
    const mine = new Set(assignment());
    return snapshots.values().flatMap((kept) => {
      const isMineAndLive = 'call' in kept && kept.call.phase === 'created' && mine.has(partitionOf(kept.callId, partitions));
      return isMineAndLive ? kept.callId : [];
    });
  }
}
