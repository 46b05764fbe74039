import { FOLD_VERSION, type Snapshot } from '@callbus/contracts';
import type { SnapshotFollower } from '@callbus/kafka';
import { Histories } from './histories.js';
import { emptyHistory } from './history.js';
import { TENANT_ID } from './testing/histories.js';

const callId = '11111111-1111-4111-8111-111111111111';

function snapshot(offset: number, foldVersion = FOLD_VERSION): Snapshot {
  return { callId, ...emptyHistory({ tenantId: TENANT_ID, appId: TENANT_ID }), offset, foldVersion };
}

/** Histories over a topic that the test writes. */
function histories() {
  let followed: Snapshot | undefined;
  const found = new Histories();
  found.follow({ get: () => followed } as unknown as SnapshotFollower<Snapshot>);
  const read = (one: Snapshot): void => {
    followed = one;
    found.onFollowed(callId);
  };
  return { histories: found, read };
}

describe('Histories', () => {
  it('rests on what this process wrote until the topic has it, or what came after it', () => {
    const { histories: found, read } = histories();
    found.put(snapshot(5));
    read(snapshot(4));
    expect(found.get(callId)?.offset).toBe(5);
    read(snapshot(6));
    expect(found.get(callId)?.offset).toBe(6);
  });

  it('does not take the snapshot that an older release wrote of the same observation for its own', () => {
    const { histories: found, read } = histories();
    found.put(snapshot(5));
    read(snapshot(5, FOLD_VERSION - 1));
    expect(found.get(callId)?.foldVersion).toBe(FOLD_VERSION);
    read(snapshot(5));
    expect(found.get(callId)?.foldVersion).toBe(FOLD_VERSION);
  });

  it('forgets what it wrote when its partitions are given anew', () => {
    const { histories: found, read } = histories();
    read(snapshot(4));
    found.put(snapshot(5));
    found.forgetOwn();
    expect(found.get(callId)?.offset).toBe(4);
  });
});
