import type { SnapshotFollower } from '@callbus/kafka';
import type { KnownCall } from './known-call.js';
import { KnownCalls } from './known-calls.js';

const TENANT_ID = 'aaaabbbb-0000-4ccc-8ddd-2222eeee3333';

/** Calls that the test makes known, and the ids of those that were looked at. */
function calls() {
  const kept = new Map<string, KnownCall>();
  const looked: string[] = [];
  let onSnapshot: (callId: string) => void = () => undefined;
  let onForgotten: (callId: string) => void = () => undefined;
  const known = new KnownCalls({
    onSnapshot: (listener: typeof onSnapshot) => {
      onSnapshot = listener;
    },
    onForgotten: (listener: typeof onForgotten) => {
      onForgotten = listener;
    },
    values: () => [...kept.values()],
    get: (callId: string) => {
      looked.push(callId);
      return kept.get(callId);
    },
  } as unknown as SnapshotFollower<KnownCall>);
  const put = (callId: string, changes: Partial<KnownCall['call']>): void => {
    const call = { tenantId: TENANT_ID, phase: 'created', state: null, graphCallId: null, ...changes };
    kept.set(callId, { callId, sequence: 1, call } as KnownCall);
    onSnapshot(callId);
  };
  const forget = (callId: string): void => {
    kept.delete(callId);
    onForgotten(callId);
  };
  const idsIn = (states: (string | null)[] | null, count = 10, after = ''): string[] => {
    looked.length = 0;
    const asked = { states: states && new Set(states), after, count };
    return known.inTenant(TENANT_ID, asked).map(({ callId }) => callId);
  };
  return { known, put, forget, idsIn, looked };
}

describe('the known calls of a tenant', () => {
  it('are found by their state without a look at any other, however many there are', () => {
    const { put, idsIn, looked } = calls();
    for (let n = 0; n < 1_000; n += 1) put(`over-${String(n)}`, { state: 'terminated' });
    for (const id of ['c', 'a', 'b']) put(id, { state: 'Hold' });
    expect(idsIn(['hold'], 2)).toEqual(['a', 'b']);
    expect(looked).toEqual(['a', 'b']);
    expect(idsIn(['hold'], 2, 'b')).toEqual(['c']);
    expect(idsIn(['established'])).toEqual([]);
    expect(looked).toEqual([]);
  });

  it('are in the state that they came to last, and in one list with all others', () => {
    const { put, idsIn } = calls();
    put('b', { state: 'established' });
    put('a', { phase: 'accepted' });
    put('d', { phase: 'created' });
    expect([idsIn(['established']), idsIn(['establishing'])]).toEqual([['b'], ['d']]);
    put('b', { state: 'terminated' });
    put('c', { phase: 'failed' });
    expect([idsIn(['established']), idsIn(['terminated']), idsIn([null])]).toEqual([[], ['b', 'c'], ['a']]);
    expect(idsIn(null, 2)).toEqual(['a', 'b']);
  });

  it('are no more when they are forgotten', () => {
    const { known, put, forget, idsIn, looked } = calls();
    for (const id of ['a', 'b', 'c']) put(id, { graphCallId: `graph-${id}` });
    expect(idsIn(null)).toEqual(['a', 'b', 'c']);
    for (const id of ['a', 'b']) forget(id);
    expect(idsIn(null, 1)).toEqual(['c']);
    looked.length = 0;
    expect([known.ofGraphId('graph-a'), looked]).toEqual([undefined, []]);
  });

  it('leave nothing behind when they are forgotten, not even of their tenant', () => {
    const { known, put, forget } = calls();
    put('a', { tenantId: 'one', state: 'hold' });
    put('b', { tenantId: 'one', state: null });
    put('b', { tenantId: 'one', state: 'hold' });
    expect([...(known['idsOfTenant'].get('one')?.keys() ?? [])]).toEqual(['hold']);
    for (const id of ['a', 'b']) forget(id);
    expect([known['idsOfTenant'].size, known['places'].size]).toEqual([0, 0]);
  });

  it('are found by Graph’s id as soon as it is known', () => {
    const { known, put } = calls();
    put('a', {});
    put('a', { graphCallId: '2F1A-1100' });
    expect(known.ofGraphId('2f1a1100')?.callId).toBe('a');
  });
});
