import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { decodeSnapshot, encodeSnapshot, type Snapshot } from '@callbus/contracts';

/** A snapshot as it is kept in memory: of a call that is over, packed, since it is hardly ever asked for again. */
export type KeptSnapshot = Snapshot | PackedSnapshot;

interface PackedSnapshot extends Pick<Snapshot, 'offset' | 'foldVersion'> {
  readonly packed: Uint8Array;
}

/** Whether nothing more is to be expected of the call. */
export function isOver(kept: KeptSnapshot): boolean {
  return 'packed' in kept;
}

export function keptOf(snapshot: Snapshot): KeptSnapshot {
  const { offset, foldVersion, call } = snapshot;
  if (call.phase !== 'ended' && call.phase !== 'failed') return snapshot;
  // A copy of its own memory: zlib’s buffer would keep a whole chunk, and a small Buffer its neighbours in Node’s pool.
  return { offset, foldVersion, packed: new Uint8Array(deflateRawSync(encodeSnapshot(snapshot))) };
}

export function snapshotOf(kept: KeptSnapshot): Snapshot {
  return 'packed' in kept ? decodeSnapshot(inflateRawSync(kept.packed)) : kept;
}
