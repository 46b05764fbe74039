import { partitionOf, type FoldedCall, type Snapshot } from '@callbus/contracts';
import { foldCall } from '../fold/fold-call.js';
import { keptOf, type KeptSnapshot } from './kept-snapshot.js';
import { LiveCalls } from './live-calls.js';
import { accepted } from '../testing/observations.js';

const PARTITIONS = 3;
const HOUR_MS = 3_600_000;
const { history } = foldCall(undefined, accepted());
let kept: Map<string, { readonly value: KeptSnapshot; readonly writtenAtMs: number }>;
let assigned: number[];
let calls: LiveCalls;

beforeEach(() => {
  kept = new Map();
  assigned = [0, 1, 2];
  calls = new LiveCalls({
    snapshots: {
      values: () => [...kept.values()].map(({ value }) => value),
      writtenAtMs: (callId) => kept.get(callId)?.writtenAtMs,
    },
    assignment: () => assigned,
    partitions: PARTITIONS,
    silentAfterMs: HOUR_MS,
  });
});

function keep(callId: string, phase: FoldedCall['phase'], writtenAtMs = 0): void {
  const snapshot: Snapshot = { callId, ...history, offset: 1, foldVersion: 2, call: { ...history.call, phase } };
  kept.set(callId, { value: keptOf(snapshot), writtenAtMs });
}

it('are those that were created and have not ended', () => {
  keep('a', 'created');
  keep('b', 'accepted');
  keep('c', 'ended');
  keep('d', 'failed');
  expect(calls.count()).toBe(1);
});

it('are silent when nothing of them was written for long', () => {
  keep('a', 'created', HOUR_MS);
  keep('b', 'created', 2 * HOUR_MS);
  expect(calls.silent(2 * HOUR_MS)).toBe(0);
  expect(calls.silent(2 * HOUR_MS + 1)).toBe(1);
});

it('are counted by the process that writes their history', () => {
  keep('a', 'created');
  assigned = [0, 1, 2].filter((partition) => partition !== partitionOf('a', PARTITIONS));
  expect([calls.count(), calls.silent(Infinity)]).toEqual([0, 0]);
});
