import { Quotas } from './quotas.js';
import { ACCEPTED, CALL_ID, COMMAND, dispatchAfter, intent, key, START_MS } from './testing/dispatches.js';

const created = { type: 'Created', ...key(1), provenBy: 'response', graphCallId: 'graph-1' } as const;
const ended = new Set<string>();
const quotas = (maxLiveCalls: number, maxCallsPerMonth = 10): Quotas =>
  new Quotas({ maxLiveCalls, maxCallsPerMonth }, ({ callId }) => ended.has(callId));

beforeEach(() => {
  ended.clear();
});

describe('live calls', () => {
  it('are those being dialled and those created whose history has not ended', () => {
    const one = quotas(1);
    one.restore(dispatchAfter(ACCEPTED));
    expect(one.obstacle(COMMAND, START_MS)).toBeNull();
    one.update(dispatchAfter(ACCEPTED, intent(1)));
    expect(one.obstacle(COMMAND, START_MS)).toMatch(/1 live calls .*GRAPH_MAX_LIVE_CALLS/);
    one.update(dispatchAfter(ACCEPTED, intent(1), created));
    expect(one.obstacle(COMMAND, START_MS)).not.toBeNull();
    ended.add(CALL_ID);
    one.update(dispatchAfter(ACCEPTED, intent(1), created));
    expect(one.obstacle(COMMAND, START_MS)).toBeNull();
  });

  it('count from their reservation, until it is given back', () => {
    const one = quotas(1);
    one.reserve(CALL_ID, COMMAND);
    expect(one.obstacle(COMMAND, START_MS)).not.toBeNull();
    one.giveBack(CALL_ID, COMMAND, dispatchAfter(ACCEPTED, intent(1)));
    expect(one.obstacle(COMMAND, START_MS)).not.toBeNull();
    one.giveBack(CALL_ID, COMMAND, undefined);
    expect(one.obstacle(COMMAND, START_MS)).toBeNull();
  });

  it('do not count a call that the ledger forgot', () => {
    const one = quotas(1);
    one.update(dispatchAfter(ACCEPTED, intent(1), created));
    one.forget(dispatchAfter(ACCEPTED, intent(1), created));
    expect(one.obstacle(COMMAND, START_MS)).toBeNull();
  });

  it('count per app and tenant, whatever the case of the ids', () => {
    const one = quotas(1);
    one.reserve(CALL_ID, COMMAND);
    expect(one.obstacle({ ...COMMAND, tenantId: 'another' }, START_MS)).toBeNull();
    expect(one.obstacle({ ...COMMAND, tenantId: COMMAND.tenantId.toUpperCase() }, START_MS)).not.toBeNull();
  });
});

describe('calls of a month', () => {
  it('are the attempts of this month, as they are in the ledger', () => {
    const two = quotas(100, 2);
    two.restore(dispatchAfter(ACCEPTED, intent(1), { type: 'NotSent', ...key(1), why: 'x' }, intent(2)));
    expect(two.obstacle(COMMAND, START_MS)).toMatch(/2 calls a month .*GRAPH_MAX_CALLS_PER_MONTH/);
    expect(two.obstacle(COMMAND, START_MS + 31 * 86_400_000)).toBeNull();
  });

  it('grow with each attempt that takes effect', () => {
    const one = quotas(100, 1);
    one.intended(dispatchAfter(ACCEPTED, intent(1)));
    expect(one.obstacle(COMMAND, START_MS)).not.toBeNull();
  });
});

describe('what is left', () => {
  it('is all of it at first, then what the app and tenant with the least has', () => {
    const one = quotas(5, 10);
    expect(one.left(START_MS)).toEqual({ liveCalls: 5, callsPerMonth: 10 });
    one.reserve(CALL_ID, { ...COMMAND, tenantId: 'another' });
    one.restore(dispatchAfter(ACCEPTED, intent(1), { type: 'NotSent', ...key(1), why: 'away' }));
    expect(one.left(START_MS)).toEqual({ liveCalls: 4, callsPerMonth: 9 });
  });
});
