import { encodeSnapshot, FOLD_VERSION, type FoldedCall } from '@callbus/contracts';
import type { SnapshotFollower } from '@callbus/kafka';
import { emptyHistory } from './history.js';
import { keptOf, type KeptSnapshot } from './kept-snapshot.js';
import { SnapshotUpkeep } from './snapshot-upkeep.js';
import type { SequencerOutput } from './sequencer-output.js';
import { TENANT_ID } from './testing/histories.js';

const DAY_MS = 24 * 60 * 60 * 1000;

function kept(callId: string, phase: FoldedCall['phase']): KeptSnapshot {
  const { sequence, call } = emptyHistory({ tenantId: TENANT_ID, appId: TENANT_ID });
  return keptOf({ callId, sequence, call: { ...call, phase }, offset: 1, foldVersion: FOLD_VERSION });
}

it('writes again, for its partitions, what counts and was overwritten', async () => {
  const counts = {
    callId: 'live',
    ...emptyHistory({ tenantId: TENANT_ID, appId: TENANT_ID }),
    offset: 7,
    foldVersion: FOLD_VERSION,
  };
  const asked: unknown[] = [];
  const snapshots = {
    overwritten: (...args: unknown[]) => {
      asked.push(args);
      return [keptOf(counts)];
    },
  } as unknown as SnapshotFollower<KeptSnapshot>;
  const written: unknown[] = [];
  const output = {
    snapshots: (given: readonly unknown[]) => Promise.resolve(void written.push(...given)),
  } as unknown as SequencerOutput;
  await new SnapshotUpkeep({ snapshots, output, partitions: 12, retentionDays: 35 }).rewriteOverwritten([3, 4]);
  expect(asked).toEqual([[[3, 4], 12]]);
  expect(written).toEqual([{ callId: 'live', value: encodeSnapshot(counts) }]);
});

it('forgets those calls of its partitions that have been over for the days of retention', async () => {
  const phases = new Map<string, FoldedCall['phase']>([
    ['ended', 'ended'],
    ['failed', 'failed'],
    ['live', 'created'],
    ['parked', 'unknown'],
  ]);
  const asked: unknown[] = [];
  const snapshots = {
    unchangedSince: (...args: unknown[]) => {
      asked.push(args);
      return [...phases.keys()];
    },
    get: (callId: string) => kept(callId, phases.get(callId) ?? 'announced'),
  } as unknown as SnapshotFollower<KeptSnapshot>;
  const forgotten: string[] = [];
  const output = {
    tombstones: (callIds: readonly string[]) => Promise.resolve(void forgotten.push(...callIds)),
  } as unknown as SequencerOutput;
  const upkeep = new SnapshotUpkeep({ snapshots, output, partitions: 12, retentionDays: 35 });
  await upkeep.forgetOld([3, 4], 100 * DAY_MS);
  expect(asked).toEqual([[65 * DAY_MS, [3, 4], 12]]);
  expect(forgotten).toEqual(['ended', 'failed']);
});
