import { encodeSnapshot, FOLD_VERSION, type Snapshot } from '@callbus/contracts';
import type { SnapshotFollower } from '@callbus/kafka';
import { NewestSnapshots } from './newest-snapshots.js';
import { emptyHistory } from '../fold/history.js';
import { keptOf, type KeptSnapshot } from './kept-snapshot.js';
import { accepted, TENANT_ID } from '../testing/observations.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const callId = '11111111-1111-4111-8111-111111111111';

function snapshot(offset: number, foldVersion = FOLD_VERSION): Snapshot {
  return { callId, ...emptyHistory({ tenantId: TENANT_ID, appId: TENANT_ID }), offset, foldVersion };
}

/** The newest snapshots over a topic that the test writes. */
function newestSnapshots() {
  let followed: KeptSnapshot | undefined;
  const newest = new NewestSnapshots(35);
  newest.follow({ get: () => followed } as unknown as SnapshotFollower<KeptSnapshot>);
  const read = (one: Snapshot): void => {
    followed = keptOf(one);
    newest.onFollowed(callId);
  };
  const put = (one: Snapshot): void => {
    newest.put(one);
    newest.onWritten(one, encodeSnapshot(one));
  };
  return { newest, read, put };
}

describe('NewestSnapshots', () => {
  it('rests on what this process wrote until the topic has it, or what came after it', () => {
    const { newest, read, put } = newestSnapshots();
    put(snapshot(5));
    read(snapshot(4));
    expect(newest.get(callId)?.offset).toBe(5);
    read(snapshot(6));
    expect(newest.get(callId)?.offset).toBe(6);
  });

  it('does not take the snapshot that an older release wrote of the same observation for its own', () => {
    const { newest, read, put } = newestSnapshots();
    put(snapshot(5));
    read(snapshot(5, FOLD_VERSION - 1));
    expect(newest.get(callId)?.foldVersion).toBe(FOLD_VERSION);
    read(snapshot(5));
    expect(newest.get(callId)?.foldVersion).toBe(FOLD_VERSION);
  });

  it('finds the state of a call that is over, too', () => {
    const { newest, read } = newestSnapshots();
    const over = snapshot(5);
    read({ ...over, call: { ...over.call, phase: 'ended' } });
    expect(newest.get(callId)).toEqual({ ...over, call: { ...over.call, phase: 'ended' } });
  });

  it('knows what it wrote itself when it reads it back, and nothing else', () => {
    const { newest, put } = newestSnapshots();
    const own = snapshot(5);
    put(own);
    expect(newest.read(callId, encodeSnapshot(own))).toBe(own);
    expect(newest.read(callId, encodeSnapshot(snapshot(6)))).toEqual(snapshot(6));
  });

  it('says what is in no snapshot yet, until it is, or another process has written it', () => {
    const { newest, read } = newestSnapshots();
    const own = snapshot(5);
    newest.put(own);
    expect(newest.unwritten(callId)).toBe(own);
    newest.onWritten(own, encodeSnapshot(own));
    expect(newest.unwritten(callId)).toBeUndefined();
    newest.put(snapshot(6));
    read(snapshot(6));
    expect(newest.unwritten(callId)).toBeUndefined();
  });

  it('takes a call without a history for a forgotten one when its observation was written again too late', () => {
    const { newest, put } = newestSnapshots();
    const observedAtMs = Date.parse(accepted().receivedAt);
    const isForgottenAfter = (days: number): boolean => newest.isForgotten(accepted(), observedAtMs + days * DAY_MS);
    expect([0, 33, 34, 60].map(isForgottenAfter)).toEqual([false, false, true, true]);
    put(snapshot(5));
    expect(isForgottenAfter(60)).toBe(false);
  });

  it('does not take up again what it has forgotten while that was being written', () => {
    const { newest } = newestSnapshots();
    const own = snapshot(5);
    newest.put(own);
    newest.forgetOwn();
    newest.onWritten(own, encodeSnapshot(own));
    expect(newest.get(callId)).toBeUndefined();
  });

  it('is not set back by what began under an earlier assignment', () => {
    const { newest, put } = newestSnapshots();
    put(snapshot(5));
    newest.put(snapshot(4));
    expect(newest.get(callId)?.offset).toBe(5);
  });

  it('forgets what it wrote when its partitions are given anew', () => {
    const { newest, read, put } = newestSnapshots();
    read(snapshot(4));
    put(snapshot(5));
    newest.forgetOwn();
    expect(newest.get(callId)?.offset).toBe(4);
  });
});
