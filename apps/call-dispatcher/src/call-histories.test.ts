import { CallHistories } from './call-histories.js';
import { ACCEPTED, dispatchAfter, intent, key, START_MS } from './testing/dispatches.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const CREATED = dispatchAfter(ACCEPTED, intent(1), { type: 'Created', ...key(1), provenBy: 'response', graphCallId: 'graph-1' });

it('takes a created call whose snapshot was deleted for one that has ended', () => {
  const historyAfter = (days: number) =>
    new CallHistories({ get: () => undefined, isLost: () => false }, () => START_MS + days * DAY_MS).of(CREATED);
  expect(historyAfter(1)).toBeUndefined();
  expect(historyAfter(36)).toMatchObject({ hasEnded: true, surplus: [] });
});

it('takes what a snapshot says', () => {
  const known = { hasEnded: false, isEstablishing: true, isEndRefused: false, proven: [], parkedAttempt: null, surplus: [] };
  expect(new CallHistories({ get: () => known, isLost: () => false }, () => START_MS + 36 * DAY_MS).of(CREATED)).toBe(known);
});
