import { ACCEPTED, CALL_ID, dispatchAfter, END_REQUESTED, intent, key, START_MS } from '../testing/dispatches.js';
import { UnsettledCalls } from './unsettled-calls.js';

const waiting = dispatchAfter(ACCEPTED);
/** Closed two seconds after the start. */
const unknown = dispatchAfter(ACCEPTED, intent(1), { type: 'Unknown', ...key(1), why: 'no answer' });
let mine: string[];
let parkedAttempt: number | null;
let hasEnded: boolean;
let calls: UnsettledCalls;

beforeEach(() => {
  mine = [CALL_ID];
  parkedAttempt = null;
  hasEnded = false;
  calls = new UnsettledCalls({ isMine: (callId) => mine.includes(callId), historyOf: () => ({ parkedAttempt, hasEnded }) });
});

function counts(): Record<string, number> {
  return { waiting: calls.waiting(), unknown: calls.unknown(), parked: calls.parked() };
}

it('counts a call for as long as it waits', () => {
  calls.update(waiting);
  expect(counts()).toEqual({ waiting: 1, unknown: 0, parked: 0 });
  calls.update(dispatchAfter(ACCEPTED, intent(1)));
  expect(counts()).toEqual({ waiting: 0, unknown: 0, parked: 0 });
});

it('tells how long an outcome has been unknown, until the attempt is parked', () => {
  calls.update(unknown);
  expect([counts(), calls.unknownMs(START_MS + 7_000)]).toEqual([{ waiting: 0, unknown: 1, parked: 0 }, 5_000]);
  parkedAttempt = 1;
  expect([counts(), calls.unknownMs(START_MS + 7_000)]).toEqual([{ waiting: 0, unknown: 0, parked: 1 }, 0]);
});

it('counts no call that the ledger forgot', () => {
  calls.update(unknown);
  calls.forget(unknown);
  expect(counts()).toEqual({ waiting: 0, unknown: 0, parked: 0 });
});

it('leaves nothing to decide of a parked call that was ended', () => {
  parkedAttempt = 1;
  calls.update(dispatchAfter(ACCEPTED, intent(1), { type: 'Unknown', ...key(1), why: 'no answer' }, END_REQUESTED));
  expect(counts()).toEqual({ waiting: 0, unknown: 0, parked: 0 });
});

it('lets an unknown call rest whose history was forgotten', () => {
  calls.update(unknown);
  hasEnded = true;
  expect(counts()).toEqual({ waiting: 0, unknown: 0, parked: 0 });
});

it('leaves the calls of other processes to them', () => {
  calls.update(waiting);
  mine = [];
  expect(counts()).toEqual({ waiting: 0, unknown: 0, parked: 0 });
});
