import { encodeSnapshot, FOLD_VERSION, type Observation, type Snapshot } from '@callbus/contracts';
import { keptOf, snapshotOf } from './kept-snapshot.js';
import { accepted, bodyOf, created, failed, foldAll, notification } from '../testing/observations.js';

const graphCallId = 'aaaaaaaa-0000-4000-8000-000000000000';
const live = [accepted(), created(graphCallId)];
const ended = [...live, notification('end', bodyOf(graphCallId, { state: 'terminated' }, { changeType: 'deleted' }))];

function snapshotAfter(observations: readonly Observation[]): Snapshot {
  const { history } = foldAll(observations);
  return { callId: '11111111-1111-4111-8111-111111111111', ...history, offset: 7, foldVersion: FOLD_VERSION };
}

it.each([
  ['ended', ended],
  ['failed', [accepted(), failed()]],
])('packs the snapshot of a call that has %s into far less, and gives it back as it was', (_how, observations) => {
  const snapshot = snapshotAfter(observations);
  const kept = keptOf(snapshot);
  if (!('packed' in kept)) throw new Error('it is not packed');
  expect(kept.packed.length).toBeLessThan(encodeSnapshot(snapshot).length * 0.6);
  expect(kept.packed.buffer.byteLength).toBe(kept.packed.length);
  expect([kept.offset, kept.foldVersion]).toEqual([7, FOLD_VERSION]);
  expect(snapshotOf(kept)).toEqual(snapshot);
});

it('keeps the snapshot of a call that lives as it is, to be at hand for the next observation', () => {
  const snapshot = snapshotAfter(live);
  expect(keptOf(snapshot)).toBe(snapshot);
  expect(snapshotOf(snapshot)).toBe(snapshot);
});
