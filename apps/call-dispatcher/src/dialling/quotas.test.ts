import type { LedgerRecord } from '@callbus/contracts';
import { Quotas } from './quotas.js';
import { ACCEPTED, CALL_ID, COMMAND, dispatchAfter, GRAPH_ERROR, intent, key, START_MS } from '../testing/dispatches.js';

const created = { type: 'Created', ...key(1), provenBy: 'response', graphCallId: 'graph-1' } as const;
const notSent = (attempt: number): LedgerRecord => ({ type: 'NotSent', ...key(attempt), why: 'no connection' });
const ended = new Set<string>();
const quotas = (maxLiveCalls: number, maxCallsPerMonth = 10): Quotas =>
  new Quotas({ maxLiveCalls, maxCallsPerMonth }, ({ callId }) => ended.has(callId));

beforeEach(() => {
  ended.clear();
});

describe('live calls', () => {
  it('are those being dialled and those created whose history has not ended', () => {
    const one = quotas(1);
    one.changed(undefined, dispatchAfter(ACCEPTED));
    expect(one.obstacle(COMMAND, START_MS)).toBeNull();
    one.update(dispatchAfter(ACCEPTED, intent(1)));
    expect(one.obstacle(COMMAND, START_MS)).toMatch(/1 live calls .*GRAPH_MAX_LIVE_CALLS/);
    one.update(dispatchAfter(ACCEPTED, intent(1), created));
    expect(one.obstacle(COMMAND, START_MS)).not.toBeNull();
    ended.add(CALL_ID);
    one.update(dispatchAfter(ACCEPTED, intent(1), created));
    expect(one.obstacle(COMMAND, START_MS)).toBeNull();
  });

  it('count from their reservation until it is given back, then as the ledger has them', () => {
    const one = quotas(1);
    one.reserve(CALL_ID, COMMAND);
    expect(one.obstacle(COMMAND, START_MS)).not.toBeNull();
    one.changed(undefined, dispatchAfter(ACCEPTED, intent(1)));
    one.giveBack(CALL_ID, COMMAND);
    expect(one.obstacle(COMMAND, START_MS)).not.toBeNull();
    one.changed(dispatchAfter(ACCEPTED, intent(1)), dispatchAfter(ACCEPTED, intent(1), notSent(1)));
    expect(one.obstacle(COMMAND, START_MS)).toBeNull();
  });

  it('keep a slot that is reserved when a snapshot overtakes the Intent', () => {
    const one = quotas(1);
    one.changed(undefined, dispatchAfter(ACCEPTED));
    one.reserve(CALL_ID, COMMAND);
    one.update(dispatchAfter(ACCEPTED));
    expect(one.obstacle(COMMAND, START_MS)).not.toBeNull();
    expect(one.dialling(COMMAND)).toBe(1);
  });

  it('do not count a call that the ledger forgot', () => {
    const one = quotas(1);
    one.update(dispatchAfter(ACCEPTED, intent(1), created));
    one.forget(dispatchAfter(ACCEPTED, intent(1), created));
    expect(one.obstacle(COMMAND, START_MS)).toBeNull();
  });

  it('are updated without a record, as when a call without a snapshot comes to count as over', () => {
    const one = quotas(1);
    const live = dispatchAfter(ACCEPTED, intent(1), created);
    one.changed(undefined, live);
    ended.add(CALL_ID);
    one.updateLive(() => live);
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
  const taken = (...records: readonly LedgerRecord[]): number => {
    const all = quotas(100, 10);
    all.changed(undefined, dispatchAfter(ACCEPTED, ...records));
    return 10 - all.left(START_MS).callsPerMonth;
  };
  const error = GRAPH_ERROR;

  it('include the creates that Graph took, may have taken or may still take', () => {
    expect(taken(intent(1))).toBe(1);
    expect(taken(intent(1), created)).toBe(1);
    expect(taken(intent(1), { type: 'Unknown', ...key(1), why: 'reset' })).toBe(1);
  });

  it('do not include creates that Graph refused, rejected or never got', () => {
    expect(taken(intent(1), { type: 'Refused', ...key(1), retryAfterMs: 1, error })).toBe(0);
    expect(taken(intent(1), { type: 'Rejected', ...key(1), error })).toBe(0);
    expect(taken(intent(1), notSent(1))).toBe(0);
    expect(taken(intent(1), notSent(1), intent(2))).toBe(1);
  });

  it('hold back further ones until the next month (UTC)', () => {
    const one = quotas(100, 1);
    one.changed(undefined, dispatchAfter(ACCEPTED, intent(1)));
    expect(one.obstacle(COMMAND, START_MS)).toMatch(/1 calls a month .*GRAPH_MAX_CALLS_PER_MONTH/);
    expect(one.obstacle(COMMAND, START_MS + 31 * 86_400_000)).toBeNull();
  });

  it('are not exceeded by calls whose Intents are still being written', () => {
    const one = quotas(100, 1);
    one.reserve(CALL_ID, COMMAND);
    expect(one.obstacle(COMMAND, START_MS)).not.toBeNull();
    one.changed(undefined, dispatchAfter(ACCEPTED, intent(1)));
    expect(one.left(START_MS).callsPerMonth).toBe(0);
  });

  it('are given back when the process of an attempt that counted as unknown says late that it sent nothing', () => {
    const one = quotas(100, 1);
    const unknown = dispatchAfter(ACCEPTED, intent(1), { type: 'Unknown', ...key(1), why: 'its process died' });
    const late = dispatchAfter(ACCEPTED, intent(1), { type: 'Unknown', ...key(1), why: 'its process died' }, notSent(1));
    one.changed(undefined, unknown);
    expect(one.obstacle(COMMAND, START_MS)).not.toBeNull();
    one.changed(unknown, late);
    expect(one.obstacle(COMMAND, START_MS)).toBeNull();
  });
});

describe('what is left', () => {
  it('is all of it at first, then what the app and tenant with the least has', () => {
    const one = quotas(5, 10);
    expect(one.left(START_MS)).toEqual({ liveCalls: 5, callsPerMonth: 10 });
    one.reserve(CALL_ID, { ...COMMAND, tenantId: 'another' });
    one.changed(undefined, dispatchAfter(ACCEPTED, intent(1), { type: 'Unknown', ...key(1), why: 'reset' }));
    expect(one.left(START_MS)).toEqual({ liveCalls: 4, callsPerMonth: 9 });
  });
});
