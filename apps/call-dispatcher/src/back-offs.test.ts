import type { Dispatch, LedgerRecord } from '@callbus/contracts';
import { BackOffs } from './back-offs.js';
import { ACCEPTED, COMMAND, dispatchAfter, GRAPH_ERROR, intent, key, START_MS } from './testing/dispatches.js';

const refused = (attempt: number, retryAfterMs: number, httpStatus = 429): LedgerRecord => ({
  type: 'Refused',
  ...key(attempt),
  retryAfterMs,
  error: { ...GRAPH_ERROR, httpStatus },
});
const created: LedgerRecord = { type: 'Created', ...key(1), provenBy: 'response', graphCallId: 'graph' };
/** Each closed two seconds after START_MS. */
const THROTTLED = dispatchAfter(ACCEPTED, intent(1), refused(1, 10_000));
/** Its attempt was closed so many seconds later. */
const answered = (seconds: number): Dispatch =>
  dispatchAfter(...Array<LedgerRecord>(seconds + 1).fill(ACCEPTED), intent(1), created);
const ANOTHER_TENANT = { ...COMMAND, tenantId: 'another' };
const CLOSED_MS = START_MS + 2_000;

function backOffs(...dispatches: readonly Dispatch[]): BackOffs {
  const all = new BackOffs();
  for (const dispatch of dispatches) all.changed(undefined, dispatch);
  return all;
}

it('holds back the whole app in the tenant until Retry-After is over, and in no other tenant', () => {
  const all = backOffs(THROTTLED);
  expect(all.waitMs(COMMAND, CLOSED_MS)).toBe(10_000);
  expect(all.waitMs({ ...COMMAND, tenantId: COMMAND.tenantId.toUpperCase() }, CLOSED_MS + 4_000)).toBe(6_000);
  expect(all.waitMs(COMMAND, CLOSED_MS + 10_000)).toBe(0);
  expect([all.waitMs(ANOTHER_TENANT, CLOSED_MS), all.window(ANOTHER_TENANT)]).toEqual([0, Infinity]);
  expect(all.longestWaitMs(CLOSED_MS)).toBe(10_000);
});

it('probes with one create, and allows one more in flight for each that Graph decides', () => {
  const all = backOffs(THROTTLED);
  expect(all.window(COMMAND)).toBe(1);
  all.changed(undefined, answered(3));
  expect(all.window(COMMAND)).toBe(2);
  all.changed(
    undefined,
    dispatchAfter(ACCEPTED, ACCEPTED, ACCEPTED, intent(1), { type: 'Rejected', ...key(1), error: GRAPH_ERROR }),
  );
  expect(all.window(COMMAND)).toBe(3);
  all.changed(undefined, dispatchAfter(ACCEPTED, ACCEPTED, ACCEPTED, ACCEPTED, intent(1), refused(1, 1_000)));
  expect(all.window(COMMAND)).toBe(1);
});

it('does not shorten what Graph asked for before', () => {
  expect(backOffs(THROTTLED, dispatchAfter(ACCEPTED, intent(1), refused(1, 1_000))).waitMs(COMMAND, CLOSED_MS)).toBe(10_000);
});

it('ignores a refused token, and attempts that were not sent or are unknown', () => {
  const all = backOffs(
    dispatchAfter(ACCEPTED, intent(1), refused(1, 0, 401)),
    dispatchAfter(ACCEPTED, intent(1), { type: 'NotSent', ...key(1), why: 'x' }),
    dispatchAfter(ACCEPTED, intent(1), { type: 'Unknown', ...key(1), why: 'x' }),
  );
  expect([all.waitMs(COMMAND, CLOSED_MS), all.window(COMMAND)]).toEqual([0, Infinity]);
});

it('waits for the Retry-After of a 503, although its attempt is unknown', () => {
  const all = backOffs(dispatchAfter(ACCEPTED, intent(1), { type: 'Unknown', ...key(1), why: '503', retryAfterMs: 4_000 }));
  expect([all.waitMs(COMMAND, CLOSED_MS), all.window(COMMAND)]).toEqual([4_000, 1]);
});

it('is the same after a restart, whatever the order of the calls', () => {
  const dispatches = [answered(3), answered(4), THROTTLED, answered(0)];
  const before = backOffs(THROTTLED, answered(3), answered(4));
  for (const order of [dispatches, dispatches.toReversed()]) {
    const restored = new BackOffs();
    restored.restore(() => order);
    expect(restored.window(COMMAND)).toBe(3);
    expect(restored.window(COMMAND)).toBe(before.window(COMMAND));
    expect(restored.waitMs(COMMAND, CLOSED_MS)).toBe(before.waitMs(COMMAND, CLOSED_MS));
  }
});
