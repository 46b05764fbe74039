import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { decodeSnapshot, encodeSnapshot, type Snapshot } from '@callbus/contracts';

/** A snapshot as it is kept in memory: of a call that is over, packed, since it is hardly ever asked for again. */
export type KeptSnapshot = Snapshot | PackedSnapshot;

interface PackedSnapshot extends Pick<Snapshot, 'offset' | 'foldVersion'> {
  readonly packed: Buffer;
}

/** Whether nothing more is to be expected of the call. */
export function isOver(kept: KeptSnapshot): boolean {
  return 'packed' in kept;
}

export function keptOf(snapshot: Snapshot): KeptSnapshot {
  const { offset, foldVersion, call } = snapshot;
  if (call.phase !== 'ended' && call.phase !== 'failed') return snapshot;
  // A copy: zlib’s own would keep the whole chunk that it was written into.
  return { offset, foldVersion, packed: Buffer.from(deflateRawSync(encodeSnapshot(snapshot))) };
}

export function snapshotOf(kept: KeptSnapshot): Snapshot {
  return 'packed' in kept ? decodeSnapshot(inflateRawSync(kept.packed)) : kept;
}
