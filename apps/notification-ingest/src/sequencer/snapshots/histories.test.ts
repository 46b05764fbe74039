import { encodeSnapshot, FOLD_VERSION, type Snapshot } from '@callbus/contracts';
import type { SnapshotFollower } from '@callbus/kafka';
import { Histories } from './histories.js';
import { emptyHistory } from '../fold/history.js';
import { keptOf, type KeptSnapshot } from './kept-snapshot.js';
import { accepted, TENANT_ID } from '../testing/histories.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const callId = '11111111-1111-4111-8111-111111111111';

function snapshot(offset: number, foldVersion = FOLD_VERSION): Snapshot {
  return { callId, ...emptyHistory({ tenantId: TENANT_ID, appId: TENANT_ID }), offset, foldVersion };
}

/** Histories over a topic that the test writes. */
function histories() {
  let followed: KeptSnapshot | undefined;
  const found = new Histories(35);
  found.follow({ get: () => followed } as unknown as SnapshotFollower<KeptSnapshot>);
  const read = (one: Snapshot): void => {
    followed = keptOf(one);
    found.onFollowed(callId);
  };
  const put = (one: Snapshot): void => {
    found.put(one);
    found.onWritten(one, encodeSnapshot(one));
  };
  return { histories: found, read, put };
}

describe('Histories', () => {
  it('rests on what this process wrote until the topic has it, or what came after it', () => {
    const { histories: found, read, put } = histories();
    put(snapshot(5));
    read(snapshot(4));
    expect(found.get(callId)?.offset).toBe(5);
    read(snapshot(6));
    expect(found.get(callId)?.offset).toBe(6);
  });

  it('does not take the snapshot that an older release wrote of the same observation for its own', () => {
    const { histories: found, read, put } = histories();
    put(snapshot(5));
    read(snapshot(5, FOLD_VERSION - 1));
    expect(found.get(callId)?.foldVersion).toBe(FOLD_VERSION);
    read(snapshot(5));
    expect(found.get(callId)?.foldVersion).toBe(FOLD_VERSION);
  });

  it('finds the state of a call that is over, too', () => {
    const { histories: found, read } = histories();
    const over = snapshot(5);
    read({ ...over, call: { ...over.call, phase: 'ended' } });
    expect(found.get(callId)).toEqual({ ...over, call: { ...over.call, phase: 'ended' } });
  });

  it('knows what it wrote itself when it reads it back, and nothing else', () => {
    const { histories: found, put } = histories();
    const own = snapshot(5);
    put(own);
    expect(found.read(callId, encodeSnapshot(own))).toBe(own);
    expect(found.read(callId, encodeSnapshot(snapshot(6)))).toEqual(snapshot(6));
  });

  it('says what is in no snapshot yet, until it is, or another process has written it', () => {
    const { histories: found, read } = histories();
    const own = snapshot(5);
    found.put(own);
    expect(found.unwritten(callId)).toBe(own);
    found.onWritten(own, encodeSnapshot(own));
    expect(found.unwritten(callId)).toBeUndefined();
    found.put(snapshot(6));
    read(snapshot(6));
    expect(found.unwritten(callId)).toBeUndefined();
  });

  it('takes a call without a history for a forgotten one when its observation was written again too late', () => {
    const { histories: found, put } = histories();
    const observedAtMs = Date.parse(accepted().receivedAt);
    const isForgottenAfter = (days: number): boolean => found.isForgotten(accepted(), observedAtMs + days * DAY_MS);
    expect([0, 33, 34, 60].map(isForgottenAfter)).toEqual([false, false, true, true]);
    put(snapshot(5));
    expect(isForgottenAfter(60)).toBe(false);
  });

  it('does not take up again what it has forgotten while that was being written', () => {
    const { histories: found } = histories();
    const own = snapshot(5);
    found.put(own);
    found.forgetOwn();
    found.onWritten(own, encodeSnapshot(own));
    expect(found.get(callId)).toBeUndefined();
  });

  it('is not set back by what began under an earlier assignment', () => {
    const { histories: found, put } = histories();
    put(snapshot(5));
    found.put(snapshot(4));
    expect(found.get(callId)?.offset).toBe(5);
  });

  it('forgets what it wrote when its partitions are given anew', () => {
    const { histories: found, read, put } = histories();
    read(snapshot(4));
    put(snapshot(5));
    found.forgetOwn();
    expect(found.get(callId)?.offset).toBe(4);
  });
});
