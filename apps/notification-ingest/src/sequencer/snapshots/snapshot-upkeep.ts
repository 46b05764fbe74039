import { encodeSnapshot, UNFINISHED_HISTORY_MS } from '@callbus/contracts';
import type { KafkaClient, SnapshotFollower } from '@callbus/kafka';
import { isOver, snapshotOf, type KeptSnapshot } from './kept-snapshot.js';
import type { SequencerOutput } from '../sequencer-output.js';

const DAY_MS = 24 * 60 * 60 * 1000;

export interface SnapshotUpkeepOptions {
  readonly snapshots: SnapshotFollower<KeptSnapshot>;
  readonly output: SequencerOutput;
  readonly partitions: number;
  /** Days without a change after which the snapshot of a call that is over is deleted. */
  readonly retentionDays: number;
  readonly repairOf: KafkaClient['repairOf'];
}

/** Sees to it that the snapshots topic holds what it should, whatever other processes wrote and time has done. */
export class SnapshotUpkeep {
  constructor(private readonly options: SnapshotUpkeepOptions) {}

  /**
   * Writes what counts again where a zombie wrote an older snapshot after it: compaction keeps the last one.
   * @param assigned the partitions that are this process’ to write
   */
  async rewriteOverwritten(assigned: readonly number[]): Promise<void> {
    const { snapshots, output, partitions } = this.options;
    const overwritten = snapshots.overwritten(assigned, partitions).map(snapshotOf);
    await output.snapshots(overwritten.map((snapshot) => ({ callId: snapshot.callId, value: encodeSnapshot(snapshot) })));
  }

  /**
   * Deletes the snapshots of calls whose observations are no longer kept. The snapshot of a call that is over is deleted
   * `retentionDays` after its last change; that of any other call, such as a parked one, only when the ledger has forgotten the
   * call too.
   */
  async forgetOld(assigned: readonly number[], nowMs = Date.now()): Promise<void> {
    const { snapshots, output, partitions, retentionDays } = this.options;
    const retentionMs = retentionDays * DAY_MS;
    const unchangedFor = (ms: number): string[] => snapshots.unchangedSince(nowMs - ms, assigned, partitions);
    const abandoned = new Set(unchangedFor(Math.max(retentionMs, UNFINISHED_HISTORY_MS)));
    const isToBeForgotten = (callId: string): boolean => {
      const kept = snapshots.get(callId);
      return kept !== undefined && (isOver(kept) || abandoned.has(callId));
    };
    await output.tombstones(unchangedFor(retentionMs).filter(isToBeForgotten));
  }

  /** Damaged records that are the last of their key, and for which an operator ordered a tombstone because no call has the key. */
  async forgetDamaged(assigned: readonly number[]): Promise<void> {
    const { snapshots, output, repairOf } = this.options;
    for (const { topic, partition, offset, key } of snapshots.damaged()) {
      if (!assigned.includes(partition) || key === null) continue;
      const repair = await repairOf({ topic, partition, firstOffset: offset, lastOffset: offset });
      if (repair !== null && repair.lost === undefined) await output.tombstoneAt(partition, key);
    }
  }
}
