import { encodeSnapshot, FOLD_VERSION, partitionOf, type FoldedCall, type Snapshot } from '@callbus/contracts';
import type { FollowOptions, KafkaClient } from '../port/kafka-client.js';
import { SnapshotFollower } from './snapshot-follower.js';

const CALL_ID = 'b4a53e9e-4a0c-4c6c-9d52-7a3b0f4f7a11';

function snapshot(offset: number, callId = CALL_ID): Snapshot {
  return { callId, sequence: offset, offset, foldVersion: FOLD_VERSION, call: {} as FoldedCall };
}

/** A follower whose topic the test writes. */
async function follower(onFatal: (error: unknown) => void = () => undefined) {
  let options: FollowOptions | undefined;
  const client = {
    follow: (given: FollowOptions) => {
      options = given;
      return Promise.resolve({
        caughtUp: () => Promise.resolve(),
        progress: () => ({ read: 0, of: 0 }),
        reached: () => Promise.resolve(),
        stop: () => Promise.resolve(),
      });
    },
  } as unknown as KafkaClient;
  const snapshots = await SnapshotFollower.start({
    client,
    topicPrefix: 'calls.',
    partitionCount: 1,
    keep: ({ offset }) => offset,
    onFatal,
  });
  let offset = 0n;
  const passOver = (lost: string[]): void => {
    const place = { topic: 't', partition: 0, firstOffset: (offset += 1n), lastOffset: offset };
    const order = { ...place, firstOffset: '', lastOffset: '', reason: '', operator: '', time: '' };
    options?.onPassedOver?.(
      { ...place, timestampMs: 0, reason: '', isDamaged: true, bytes: Buffer.alloc(0) },
      { ...order, lost },
    );
  };
  const write = (key: string, value: Buffer | null, timestampMs = 0, partition = 0): void => {
    options?.onRecord({
      topic: 't',
      partition,
      offset: (offset += 1n),
      timestampMs,
      key: Buffer.from(key),
      value,
      headers: {},
    });
  };
  return { snapshots, write, passOver, topic: options?.topic };
}

describe('SnapshotFollower', () => {
  it('follows the snapshots topic of the installation', async () => {
    expect((await follower()).topic).toBe('calls.snapshots');
  });

  it('counts the highest offset, not the last record, and names what was overwritten', async () => {
    const { snapshots, write } = await follower();
    const partition = partitionOf(CALL_ID, 12);
    for (const offset of [5, 9, 7]) write(CALL_ID, encodeSnapshot(snapshot(offset)));
    expect(snapshots.get(CALL_ID)).toBe(9);
    expect(snapshots.overwritten([partition], 12)).toEqual([9]);
    expect(snapshots.overwritten([(partition + 1) % 12], 12)).toEqual([]);
    write(CALL_ID, encodeSnapshot(snapshot(9)));
    expect(snapshots.overwritten([partition], 12)).toEqual([]);
  });

  it('counts of one offset the snapshot of the newer fold version, whichever was written last', async () => {
    const { snapshots, write } = await follower();
    for (const foldVersion of [FOLD_VERSION - 1, FOLD_VERSION, FOLD_VERSION - 1])
      write(CALL_ID, encodeSnapshot({ ...snapshot(5), foldVersion, sequence: foldVersion }));
    expect(snapshots.overwritten([partitionOf(CALL_ID, 12)], 12)).toEqual([5]);
    write(CALL_ID, encodeSnapshot({ ...snapshot(6), foldVersion: FOLD_VERSION - 1 }));
    expect(snapshots.get(CALL_ID)).toBe(6);
  });

  it('tells once of a call that was forgotten', async () => {
    const { snapshots, write } = await follower();
    const forgotten: string[] = [];
    snapshots.onForgotten((callId) => forgotten.push(callId));
    write(CALL_ID, encodeSnapshot(snapshot(1)));
    for (let times = 0; times < 2; times += 1) write(CALL_ID, null);
    expect([forgotten, snapshots.get(CALL_ID)]).toEqual([[CALL_ID], undefined]);
  });

  it('tells of a call whose state was lost, so that nobody keeps it in a list', async () => {
    const { snapshots, write, passOver } = await follower();
    const forgotten: string[] = [];
    snapshots.onForgotten((callId) => forgotten.push(callId));
    write(CALL_ID, encodeSnapshot(snapshot(1)));
    passOver([CALL_ID, 'another that is not known']);
    expect([forgotten, snapshots.get(CALL_ID), snapshots.isLost(CALL_ID)]).toEqual([[CALL_ID], undefined, true]);
  });

  it('names the calls of which nothing was written for long', async () => {
    const { snapshots, write } = await follower();
    const partition = partitionOf(CALL_ID, 12);
    write(CALL_ID, encodeSnapshot(snapshot(1)), 100);
    expect(snapshots.unchangedSince(101, [partition], 12)).toEqual([CALL_ID]);
    expect(snapshots.unchangedSince(101, [(partition + 1) % 12], 12)).toEqual([]);
    write(CALL_ID, encodeSnapshot(snapshot(2)), 101);
    expect(snapshots.unchangedSince(101, [partition], 12)).toEqual([]);
  });

  it('forgets a call at its tombstone', async () => {
    const { snapshots, write } = await follower();
    write(CALL_ID, encodeSnapshot(snapshot(1)));
    write(CALL_ID, null);
    expect([snapshots.get(CALL_ID), snapshots.values()]).toEqual([undefined, []]);
  });

  it('hands over a call as soon as it is known, and undefined when it does not come in time', async () => {
    const { snapshots, write } = await follower();
    const waiting = Promise.all([snapshots.waitFor(CALL_ID, 60_000), snapshots.waitFor(CALL_ID, 60_000)]);
    write(CALL_ID, encodeSnapshot(snapshot(3)));
    expect(await waiting).toEqual([3, 3]);
    expect(await snapshots.waitFor('other', 1)).toBeUndefined();
  });

  it('hands over a call as soon as it is as awaited, and as it is when it does not come to be so in time', async () => {
    const { snapshots, write } = await follower();
    write(CALL_ID, encodeSnapshot(snapshot(1)));
    const waiting = snapshots.waitFor(CALL_ID, 60_000, (offset) => offset >= 3);
    for (const offset of [2, 3]) write(CALL_ID, encodeSnapshot(snapshot(offset)));
    expect(await waiting).toBe(3);
    expect(await snapshots.waitFor(CALL_ID, 60_000, (offset) => offset === 3)).toBe(3);
    expect(await snapshots.waitFor(CALL_ID, 1, (offset) => offset > 3)).toBe(3);
  });

  it('ends all waits when it is told to, and those that begin later', async () => {
    const { snapshots, write } = await follower();
    write(CALL_ID, encodeSnapshot(snapshot(1)));
    const waiting = ['other', CALL_ID, CALL_ID].map((callId) => snapshots.waitFor(callId, 60_000, (offset) => offset > 1));
    snapshots.endWaits();
    expect(await Promise.all(waiting)).toEqual([undefined, 1, 1]);
    expect(await snapshots.waitFor(CALL_ID, 60_000, (offset) => offset > 1)).toBe(1);
  });

  const GARBAGE = Buffer.from([0, 0]);

  it('goes on at a damaged record, names its place, and keeps the snapshot before it, which is to be written again', async () => {
    const { snapshots, write } = await follower();
    write(CALL_ID, encodeSnapshot(snapshot(5)));
    write(CALL_ID, GARBAGE);
    expect([snapshots.get(CALL_ID), snapshots.isLost(CALL_ID)]).toEqual([5, false]);
    expect(snapshots.overwritten([partitionOf(CALL_ID, 12)], 12)).toEqual([5]);
    expect(snapshots.condition()).toEqual({
      ok: true,
      reason: expect.stringMatching(/t\/0 offset 2 \(NOT_JSON\).*topics repair/),
    });
    write(CALL_ID, encodeSnapshot(snapshot(5)));
    expect([snapshots.condition(), snapshots.overwritten([partitionOf(CALL_ID, 12)], 12)]).toEqual([{ ok: true }, []]);
  });

  it('reports a call’s state as lost when its only record is damaged, until another one comes', async () => {
    for (const healing of [encodeSnapshot(snapshot(1)), null]) {
      const { snapshots, write } = await follower();
      write(CALL_ID, GARBAGE);
      expect([snapshots.get(CALL_ID), snapshots.isLost(CALL_ID), snapshots.damaged().length]).toEqual([undefined, true, 1]);
      write(CALL_ID, healing);
      expect([snapshots.isLost(CALL_ID), snapshots.damaged()]).toEqual([false, []]);
    }
  });

  it.each<[string, string, number, Buffer]>([
    ['under a key that is no callId', 'no-call', 0, encodeSnapshot(snapshot(1))],
    ['of another call', 'b4a53e9e-4a0c-4c6c-9d52-7a3b0f4f7a12', 0, encodeSnapshot(snapshot(1))],
    ['in another partition than its key’s', CALL_ID, 1, encodeSnapshot(snapshot(1))],
    ['of another shape', CALL_ID, 0, Buffer.from('{}')],
    ['that is empty', CALL_ID, 0, Buffer.alloc(0)],
  ])('takes nothing from a snapshot %s', async (_what, key, partition, value) => {
    const { snapshots, write } = await follower();
    write(key, value, 0, partition);
    expect([snapshots.values(), snapshots.damaged()]).toEqual([[], [expect.objectContaining({ partition, offset: 1n })]]);
    write(key, null, 0, partition);
    expect(snapshots.damaged()).toEqual([]);
  });

  it('lets no tombstone in another partition forget a call', async () => {
    const { snapshots, write } = await follower();
    write(CALL_ID, encodeSnapshot(snapshot(1)));
    write(CALL_ID, null, 0, 1);
    expect(snapshots.get(CALL_ID)).toBe(1);
  });

  it('reports a call’s state as lost when an operator ordered to pass over its newer snapshot', async () => {
    const { snapshots, write, passOver } = await follower();
    write(CALL_ID, encodeSnapshot(snapshot(1)));
    passOver([CALL_ID]);
    expect([snapshots.get(CALL_ID), snapshots.isLost(CALL_ID)]).toEqual([undefined, true]);
  });

  it('stops at a snapshot of a newer release rather than guess', async () => {
    const { write } = await follower();
    expect(() => {
      write(CALL_ID, Buffer.from(JSON.stringify({ ...snapshot(1), foldVersion: FOLD_VERSION + 1 })));
    }).toThrow(expect.objectContaining({ code: 'UNKNOWN_VERSION' }) as Error);
  });
});
