import { encodeSnapshot, FOLD_VERSION, type FoldedCall } from '@callbus/contracts';
import type { SnapshotFollower } from '@callbus/kafka';
import { emptyHistory } from '../fold/history.js';
import { keptOf, type KeptSnapshot } from './kept-snapshot.js';
import { SnapshotUpkeep } from './snapshot-upkeep.js';
import type { SequencerOutput } from '../sequencer-output.js';
import { TENANT_ID } from '../testing/observations.js';

const noRepair = (): Promise<null> => Promise.resolve(null);
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
  await new SnapshotUpkeep({ snapshots, output, partitions: 12, retentionDays: 35, repairOf: noRepair }).rewriteOverwritten([
    3, 4,
  ]);
  expect(asked).toEqual([[[3, 4], 12]]);
  expect(written).toEqual([{ callId: 'live', value: encodeSnapshot(counts) }]);
});

/** The calls that are forgotten on day 100, of partitions 3 and 4, when each call last changed on the given day. */
async function forgotten(retentionDays: number, calls: Readonly<Record<string, readonly [FoldedCall['phase'], number]>>) {
  const found = new Map(Object.entries(calls));
  const snapshots = {
    unchangedSince: (timeMs: number, ...given: unknown[]) => {
      expect(given).toEqual([[3, 4], 12]);
      return [...found].flatMap(([callId, [, changedOnDay]]) => (changedOnDay * DAY_MS < timeMs ? [callId] : []));
    },
    get: (callId: string) => kept(callId, found.get(callId)?.[0] ?? 'announced'),
  } as unknown as SnapshotFollower<KeptSnapshot>;
  const tombstones: string[] = [];
  const output = {
    tombstones: (callIds: readonly string[]) => Promise.resolve(void tombstones.push(...callIds)),
  } as unknown as SequencerOutput;
  const upkeep = new SnapshotUpkeep({ snapshots, output, partitions: 12, retentionDays, repairOf: noRepair });
  await upkeep.forgetOld([3, 4], 100 * DAY_MS);
  return tombstones;
}

it('forgets calls of its partitions that have been over for the days of retention', async () => {
  expect(await forgotten(35, { ended: ['ended', 64], failed: ['failed', 64], 'ended later': ['ended', 66] })).toEqual([
    'ended',
    'failed',
  ]);
});

it('forgets a parked call, and any other that is not over, only when the ledger has forgotten it for as long as a release may take', async () => {
  const unfinished = (day: number) => ({
    parked: ['unknown', day] as const,
    live: ['created', day] as const,
    accepted: ['accepted', day] as const,
    announced: ['announced', day] as const,
  });
  // The ledger keeps 45 days, a command may be dialled for one, observations are kept for 7.
  expect(await forgotten(35, unfinished(100 - 52))).toEqual([]);
  expect(await forgotten(35, unfinished(100 - 54))).toEqual(['parked', 'live', 'accepted', 'announced']);
  expect(await forgotten(60, unfinished(100 - 54))).toEqual([]);
});

it('writes tombstones for damaged records of its partitions when an operator ordered it', async () => {
  const record = (partition: number, offset: bigint, key: string) => {
    return { topic: 'calls.snapshots', partition, offset, key: Buffer.from(key), reason: 'NOT_JSON' };
  };
  const snapshots = {
    damaged: () => [record(3, 1n, 'a'), record(3, 2n, 'b'), record(3, 3n, 'c'), record(9, 1n, 'd')],
  } as unknown as SnapshotFollower<KeptSnapshot>;
  const forgotten: unknown[] = [];
  const output = {
    tombstoneAt: (partition: number, key: Buffer) => Promise.resolve(void forgotten.push([partition, String(key)])),
  } as unknown as SequencerOutput;
  const order = { topic: 'calls.snapshots', partition: 3, lastOffset: '3', reason: '', operator: '', time: '' };
  const repairOf = ({ firstOffset }: { readonly firstOffset: bigint }) =>
    Promise.resolve(
      firstOffset === 2n ? null : { ...order, firstOffset: String(firstOffset), ...(firstOffset === 3n && { lost: ['c'] }) },
    );
  await new SnapshotUpkeep({ snapshots, output, partitions: 12, retentionDays: 35, repairOf }).forgetDamaged([3, 4]);
  expect(forgotten).toEqual([[3, 'a']]);
});
