import type { SnapshotFollower } from '@callbus/kafka';
import { isOver, type KeptSnapshot } from './kept-snapshot.js';
import type { SequencerOutput } from './sequencer-output.js';

const DAY_MS = 24 * 60 * 60 * 1000;

export interface OldCallsOptions {
  readonly snapshots: SnapshotFollower<KeptSnapshot>;
  readonly output: SequencerOutput;
  readonly partitions: number;
  readonly retentionDays: number;
}

/** Calls that have been over for so long that none of their observations is kept any more: their snapshots go too. */
export class OldCalls {
  constructor(private readonly options: OldCallsOptions) {}

  /** @param assigned the partitions that are this process’ to write */
  async forget(assigned: readonly number[], nowMs = Date.now()): Promise<void> {
    const { snapshots, output, partitions, retentionDays } = this.options;
    const unchanged = snapshots.unchangedSince(nowMs - retentionDays * DAY_MS, assigned, partitions);
    const isKnownToBeOver = (callId: string): boolean => {
      const kept = snapshots.get(callId);
      return kept !== undefined && isOver(kept);
    };
    await output.tombstones(unchanged.filter(isKnownToBeOver));
  }
}
