import { compacted, reduce, type Dispatch, type LedgerRecord } from '@callbus/contracts';
import { BackOffs } from './back-offs.js';
import { ACCEPTED, CALL_ID, COMMAND, dispatchAfter, GRAPH_ERROR, intent, key, START_MS } from '../testing/dispatches.js';

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
const MAX_WAIT_MS = 60_000;
const CLOSED_MS = START_MS + 2_000;

function backOffs(...dispatches: readonly Dispatch[]): BackOffs {
  const all = new BackOffs(MAX_WAIT_MS);
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

it('counts no answer twice when attempts of the call are dropped', () => {
  const before = dispatchAfter(
    ACCEPTED,
    intent(1),
    { type: 'NotSent', ...key(1), why: 'x' },
    intent(2),
    refused(2, 1),
    intent(3),
  );
  const after = compacted(reduce(before, { ...created, ...key(3) }, START_MS + 60_000).dispatch as Dispatch);
  expect(after.attempts).toHaveLength(2);
  const all = backOffs(before, answered(30), answered(31));
  expect(all.window(COMMAND)).toBe(3);
  all.changed(before, after);
  expect(all.window(COMMAND)).toBe(4);
});

it('does not shorten what Graph asked for before', () => {
  expect(backOffs(THROTTLED, dispatchAfter(ACCEPTED, intent(1), refused(1, 1_000))).waitMs(COMMAND, CLOSED_MS)).toBe(10_000);
});

it('lets one call probe when the longest wait is over, though Graph asked for a day', () => {
  const all = backOffs(dispatchAfter(ACCEPTED, intent(1), refused(1, 86_400_000)));
  expect(all.waitMs(COMMAND, CLOSED_MS)).toBe(MAX_WAIT_MS);
  expect([all.waitMs(COMMAND, CLOSED_MS + MAX_WAIT_MS), all.window(COMMAND)]).toEqual([0, 1]);
});

it('takes no notice of a refused token, nor of what was not sent or is unknown', () => {
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

it('counts the proof that an attempt answered 503 has dialled as a decision, not as another request to wait', () => {
  const unknown: LedgerRecord = { type: 'Unknown', ...key(1), why: '503', retryAfterMs: 4_000 };
  const proof: LedgerRecord = { type: 'Created', callId: CALL_ID, attempt: 1, provenBy: 'callback', graphCallId: null };
  const before = dispatchAfter(ACCEPTED, intent(1), unknown);
  const all = backOffs(before);
  all.changed(before, dispatchAfter(ACCEPTED, intent(1), unknown, proof));
  expect([all.waitMs(COMMAND, CLOSED_MS), all.window(COMMAND)]).toEqual([4_000, 2]);
});

describe('a throttling that goes on', () => {
  /** The call of one dispatcher, with a probe that is refused as soon as it may be sent, until `untilMs` after the first one. */
  const throttledFor = (untilMs: number): { readonly all: BackOffs; readonly dispatch: Dispatch; readonly nowMs: number } => {
    const all = backOffs();
    let dispatch = dispatchAfter(ACCEPTED);
    let nowMs = CLOSED_MS;
    for (let attempt = 1; nowMs < CLOSED_MS + untilMs; attempt += 1) {
      for (const record of [intent(attempt), refused(attempt, 1_000)]) {
        const before = dispatch;
        dispatch = reduce(before, record, nowMs).dispatch ?? before;
        all.changed(before, dispatch);
      }
      nowMs += all.waitMs(COMMAND, nowMs);
    }
    return { all, dispatch, nowMs };
  };

  it('lets the time between two probes double, to half a minute at most', () => {
    const { dispatch } = throttledFor(200_000);
    const times = dispatch.attempts.map(({ intendedAtMs }) => (intendedAtMs - CLOSED_MS) / 1_000);
    expect(times).toEqual([0, 1, 2, 4, 8, 16, 32, 62, 92, 122, 152, 182]);
  });

  it('is the same after a restart', () => {
    const { all, dispatch, nowMs } = throttledFor(20_000);
    const restored = new BackOffs(MAX_WAIT_MS);
    restored.restore(() => [dispatch, answered(0)]);
    expect(restored.waitMs(COMMAND, nowMs - 1)).toBe(1);
    expect(restored.waitMs(COMMAND, nowMs)).toBe(all.waitMs(COMMAND, nowMs));
  });

  it('begins anew after Graph has decided a create', () => {
    const { all, nowMs } = throttledFor(20_000);
    const seconds = (nowMs - START_MS) / 1_000;
    all.changed(undefined, answered(seconds));
    all.changed(undefined, dispatchAfter(...Array<LedgerRecord>(seconds + 2).fill(ACCEPTED), intent(1), refused(1, 1_000)));
    expect(all.waitMs(COMMAND, START_MS + (seconds + 3) * 1_000)).toBe(1_000);
  });
});

it('is the same after a restart, whatever the order of the calls', () => {
  const dispatches = [answered(3), answered(4), THROTTLED, answered(0)];
  const before = backOffs(THROTTLED, answered(3), answered(4));
  for (const order of [dispatches, dispatches.toReversed()]) {
    const restored = new BackOffs(MAX_WAIT_MS);
    restored.restore(() => order);
    expect(restored.window(COMMAND)).toBe(3);
    expect(restored.window(COMMAND)).toBe(before.window(COMMAND));
    expect(restored.waitMs(COMMAND, CLOSED_MS)).toBe(before.waitMs(COMMAND, CLOSED_MS));
  }
});
