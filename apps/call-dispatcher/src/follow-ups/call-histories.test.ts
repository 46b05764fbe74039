import { readFileSync } from 'node:fs';
import { decodeSnapshot } from '@callbus/contracts';
import { CallHistories, historyOf } from './call-histories.js';
import { ACCEPTED, dispatchAfter, intent, key, START_MS } from '../testing/dispatches.js';
import { NO_HISTORY } from '../testing/histories.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const CREATED = dispatchAfter(ACCEPTED, intent(1), { type: 'Created', ...key(1), provenBy: 'response', graphCallId: 'graph-1' });

it('takes a created call whose snapshot was deleted for one that has ended', () => {
  const historyAfter = (days: number) =>
    new CallHistories({ get: () => undefined, isLost: () => false }, () => START_MS + days * DAY_MS).of(CREATED);
  expect(historyAfter(1)).toBeUndefined();
  expect(historyAfter(36)).toMatchObject({ hasEnded: true, surplus: [], unreadCallbackId: null });
});

it('takes an unknown call that the snapshots have forgotten for one that is over, so that its grace period is not told anew', () => {
  const unknown = dispatchAfter(ACCEPTED, intent(1), { type: 'Unknown', ...key(1), why: 'reset' });
  const historyAfter = (days: number) =>
    new CallHistories({ get: () => undefined, isLost: () => false }, () => START_MS + days * DAY_MS).of(unknown);
  expect(historyAfter(44)).toBeUndefined();
  expect(historyAfter(46)).toMatchObject({ hasEnded: true });
});

const snapshot = decodeSnapshot(
  readFileSync(new URL('../../../../libs/contracts/fixtures/snapshots/snapshot.json', import.meta.url)),
);

it.each([
  ['ended', { hasEnded: true, hasFailed: false }],
  ['failed', { hasEnded: false, hasFailed: true }],
  ['created', { hasEnded: false, hasFailed: false }],
] as const)('tells of a call that is %s whether it is over, and whether it was never made', (phase, expected) => {
  expect(historyOf({ ...snapshot, call: { ...snapshot.call, phase } })).toMatchObject(expected);
});

it('leaves out a call beside the call that has ended, and keeps one that Graph refused to end', () => {
  const surplus = (['ended', 'gone', 'refused', undefined] as const).map((end, index) => ({
    ...{ attempt: index + 2, graphCallId: `graph-${String(index)}` },
    ...(end !== undefined && { end }),
  }));
  const history = historyOf({ ...snapshot, call: { ...snapshot.call, isEndRefused: true, surplus } });
  expect(history.refusedEnd).toBe(1);
  expect(history.surplus).toEqual([
    { attempt: 4, graphCallId: 'graph-2', refusedEnd: 0 },
    { attempt: 5, graphCallId: 'graph-3', refusedEnd: null },
  ]);
});

it('takes what a snapshot says', () => {
  expect(new CallHistories({ get: () => NO_HISTORY, isLost: () => false }, () => START_MS + 36 * DAY_MS).of(CREATED)).toBe(
    NO_HISTORY,
  );
});
