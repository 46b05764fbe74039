import { endRequestsOf, isEndRequested, isForgotten, type Dispatch } from './dispatch.js';
import { reduce } from './ledger.js';
import { afterLostRecords } from './lost-records.js';
import type { LedgerCommand, LedgerRecord } from './ledger-records.js';

const callId = '11111111-1111-4111-8111-111111111111';
const tenantId = '22222222-2222-4222-8222-222222222222';
const otherTenant = '33333333-3333-4333-8333-333333333333';
const nonce = (n: number): string => `00000000-0000-4000-8000-00000000000${String(n)}`;
const command: LedgerCommand = { tenantId, appId: tenantId, notAfterMs: 120_000, ifUnknown: 'park', call: {} };
const error = { httpStatus: 403, code: '7504', message: 'no' };

const accepted: LedgerRecord = { type: 'Accepted', callId, command, requestHash: '1:a' };
const intent = (attempt: number, n = attempt): LedgerRecord => ({
  type: 'Intent',
  callId,
  attempt,
  nonce: nonce(n),
  deadlineMs: 5_000,
  orphanMs: 60_000,
});
const created = (attempt: number, n = attempt): LedgerRecord => ({
  type: 'Created',
  callId,
  attempt,
  nonce: nonce(n),
  provenBy: 'response',
  graphCallId: `g${String(attempt)}`,
});
const proven = (attempt: number): LedgerRecord => ({
  type: 'Created',
  callId,
  attempt,
  provenBy: 'callback',
  graphCallId: `g${String(attempt)}`,
});
const unknown = (attempt: number): LedgerRecord => ({ type: 'Unknown', callId, attempt, nonce: nonce(attempt), why: 'time-out' });
const orphan = (attempt: number): LedgerRecord => ({ type: 'Unknown', callId, attempt, why: 'its process died' });
const refused = (attempt: number): LedgerRecord => ({
  type: 'Refused',
  callId,
  attempt,
  nonce: nonce(attempt),
  retryAfterMs: 1_000,
  error,
});
const refusedAs = (n: number): LedgerRecord => ({ type: 'Refused', callId, attempt: 1, nonce: nonce(n), retryAfterMs: 0, error });
const rejected = (attempt: number): LedgerRecord => ({ type: 'Rejected', callId, attempt, nonce: nonce(attempt), error });
const notSent = (attempt: number): LedgerRecord => ({ type: 'NotSent', callId, attempt, nonce: nonce(attempt), why: 'refused' });
const end = (tenant = tenantId): LedgerRecord => ({ type: 'EndRequested', callId, tenantId: tenant });
const released = (attempt: number): LedgerRecord => ({ type: 'Released', callId, attempt, by: 'operator', notAfterMs: 500_000 });
/** Past any notAfter here. */
const expired: [LedgerRecord, number] = [{ type: 'Expired', callId, why: 'notAfter' }, 500_001];
const forbidden: LedgerRecord = { type: 'Forbidden', callId, error };

/** Folds records appended one millisecond apart, or at the given times, and tells which took effect. */
function fold(records: (LedgerRecord | [LedgerRecord, number])[]): {
  dispatch: Dispatch | undefined;
  effects: (string | null)[];
} {
  let dispatch: Dispatch | undefined;
  const effects = records.map((item, index) => {
    const [record, atMs] = Array.isArray(item) ? item : [item, index];
    const reduced = reduce(dispatch, record, atMs);
    dispatch = reduced.dispatch;
    return reduced.transition?.kind ?? null;
  });
  return { dispatch, effects };
}

describe('reduce', () => {
  it('takes the first command of a callId and no other', () => {
    const { effects, dispatch } = fold([accepted, { ...accepted, requestHash: '1:b' }]);
    expect(effects).toEqual(['accepted', null]);
    expect(dispatch).toMatchObject({ phase: 'waiting', requestHash: '1:a' });
  });

  it('lets one Intent per attempt take effect, whoever appends it', () => {
    expect(fold([accepted, intent(1, 1), intent(1, 2)]).effects).toEqual(['accepted', 'intended', null]);
    expect(fold([accepted, intent(2)]).effects).toEqual(['accepted', null]);
    expect(fold([intent(1)]).effects).toEqual([null]);
  });

  it('lets only the Intent’s own nonce close the attempt', () => {
    expect(fold([accepted, intent(1, 1), intent(1, 2), created(1, 2)]).effects.at(-1)).toBeNull();
    expect(fold([accepted, intent(1), created(1)])).toMatchObject({
      effects: ['accepted', 'intended', 'created'],
      dispatch: { phase: 'created' },
    });
  });

  it('never lets an Intent take effect whose outcome came first', () => {
    expect(fold([accepted, notSent(1), intent(1)]).effects).toEqual(['accepted', null, null]);
    expect(fold([accepted, notSent(1), intent(1), intent(1, 2)]).effects.at(-1)).toBe('intended');
  });

  it.each([
    ['refused', refused(1)],
    ['not-sent', notSent(1)],
  ])('waits for a next attempt after %s', (_kind, outcome) => {
    expect(fold([accepted, intent(1), outcome, intent(2), created(2)]).dispatch?.phase).toBe('created');
  });

  it('counts the wait after a refusal from the refusal’s own time', () => {
    expect(fold([accepted, intent(1), [refused(1), 7_000]]).dispatch?.attempts[0]?.retryAtMs).toBe(8_000);
  });

  it('permits nothing more after a rejection, also without an attempt, an expiry or a proof', () => {
    for (const last of [[intent(1), rejected(1)], [forbidden], [expired], [intent(1), created(1)]]) {
      expect(fold([accepted, ...last, intent(2)]).effects.at(-1)).toBeNull();
    }
  });

  it('lets a call be forbidden only while it waits for its first attempt', () => {
    expect(fold([accepted, forbidden])).toMatchObject({ effects: ['accepted', 'forbidden'], dispatch: { phase: 'rejected' } });
    expect(fold([forbidden, accepted]).effects).toEqual([null, 'accepted']);
    for (const before of [[intent(1)], [intent(1), refused(1)], [intent(1), unknown(1), released(1)], [end()], [expired]]) {
      expect(fold([accepted, ...before, forbidden]).effects.at(-1)).toBeNull();
    }
  });

  it('permits no attempt after an unknown one until it is released', () => {
    expect(fold([accepted, intent(1), unknown(1), intent(2)]).effects.at(-1)).toBeNull();
    const { dispatch, effects } = fold([accepted, intent(1), unknown(1), released(1), intent(2)]);
    expect(effects.slice(-2)).toEqual(['released', 'intended']);
    expect(dispatch?.command?.notAfterMs).toBe(500_000);
  });

  it('takes a release for the latest attempt of an unknown call only, and once', () => {
    expect(fold([accepted, released(1)]).effects.at(-1)).toBeNull();
    expect(fold([accepted, intent(1), unknown(1), released(2)]).effects.at(-1)).toBeNull();
    expect(fold([accepted, intent(1), unknown(1), released(1), intent(2), unknown(2), released(1)]).effects.at(-1)).toBeNull();
  });

  it('lets anybody declare an attempt unknown only after its orphan time', () => {
    expect(fold([accepted, [intent(1), 1_000], [orphan(1), 61_000]]).effects.at(-1)).toBeNull();
    expect(fold([accepted, [intent(1), 1_000], [orphan(1), 61_001]]).effects.at(-1)).toBe('unknown');
  });

  it('believes a late answer of an attempt that was declared unknown', () => {
    expect(fold([accepted, intent(1), [orphan(1), 90_000], created(1)]).dispatch?.phase).toBe('created');
    expect(fold([accepted, intent(1), [orphan(1), 90_000], rejected(1)]).dispatch?.phase).toBe('rejected');
  });

  it('believes a callback for an open or an unknown attempt, and not for one that surely failed', () => {
    expect(fold([accepted, intent(1), proven(1)]).dispatch?.phase).toBe('created');
    expect(fold([accepted, intent(1), unknown(1), proven(1)]).dispatch?.phase).toBe('created');
    expect(fold([accepted, intent(1), rejected(1), proven(1)]).effects.at(-1)).toBeNull();
  });

  it('lets a call expire only after its notAfter, which a release may have put off', () => {
    const expires = (atMs: number): [LedgerRecord, number] => [{ type: 'Expired', callId, why: 'notAfter' }, atMs];
    expect(fold([accepted, expires(120_000)]).effects.at(-1)).toBeNull();
    expect(fold([accepted, expires(120_001)]).effects.at(-1)).toBe('expired');
    const again = [accepted, intent(1), unknown(1), released(1)];
    expect(fold([...again, expires(120_001)]).effects.at(-1)).toBeNull();
    expect(fold([...again, expires(500_001)]).dispatch?.phase).toBe('unknown');
  });

  it('leaves a call unknown when a later attempt fails, and created when any attempt is proven', () => {
    const twice = [accepted, intent(1), unknown(1), released(1), intent(2)];
    expect(fold([...twice, rejected(2)]).dispatch?.phase).toBe('unknown');
    expect(fold([accepted, intent(1), unknown(1), released(1), expired]).dispatch?.phase).toBe('unknown');
    expect(fold([...twice, proven(1)]).dispatch?.phase).toBe('created');
    expect(fold([...twice, proven(1), rejected(2)])).toMatchObject({
      effects: expect.arrayContaining(['rejected']) as unknown,
      dispatch: { phase: 'created' },
    });
  });

  it('cancels a waiting call when its own tenant asks for the end, even before the command is seen', () => {
    expect(fold([accepted, end()])).toMatchObject({ effects: ['accepted', 'cancelled'], dispatch: { phase: 'cancelled' } });
    expect(fold([end(), accepted]).dispatch?.phase).toBe('cancelled');
    expect(fold([end(), accepted, intent(1)]).effects.at(-1)).toBeNull();
    expect(fold([accepted, end(otherTenant), intent(1)])).toMatchObject({ effects: ['accepted', null, 'intended'] });
    expect(fold([end(otherTenant), accepted]).dispatch?.phase).toBe('waiting');
  });

  it('cancels an open call that is to end once its attempt closes without a dial', () => {
    expect(fold([accepted, intent(1), end(), refused(1)]).dispatch?.phase).toBe('cancelled');
    expect(fold([accepted, intent(1), end(), created(1)]).dispatch).toMatchObject({ phase: 'created' });
    expect(isEndRequested(fold([accepted, intent(1), end(), created(1)]).dispatch!)).toBe(true);
  });

  it('counts how often the call’s own tenant asks for the end, and changes nothing else', () => {
    const once = fold([accepted, intent(1), created(1), end()]).dispatch!;
    const again = fold([accepted, intent(1), created(1), end(), end(), end(otherTenant)]);
    expect([endRequestsOf(once), endRequestsOf(again.dispatch!)]).toEqual([1, 2]);
    expect(again.effects.slice(3)).toEqual(['end-requested', 'end-requested', null]);
    expect({ ...again.dispatch, endRepeats: 0 }).toEqual(once);
    expect(endRequestsOf(fold([end(), end(), end(otherTenant), accepted]).dispatch!)).toBe(1);
    expect(endRequestsOf(fold([end(otherTenant), accepted, end(otherTenant)]).dispatch!)).toBe(0);
  });

  it('takes no release of a call that is to end', () => {
    expect(fold([accepted, intent(1), unknown(1), end(), released(1)]).effects.at(-1)).toBeNull();
  });

  it('does nothing with a repeated outcome', () => {
    expect(fold([accepted, intent(1), created(1), created(1), unknown(1)]).effects).toEqual([
      'accepted',
      'intended',
      'created',
      null,
      null,
    ]);
  });
});

describe('a call without a snapshot', () => {
  const DAY_MS = 24 * 60 * 60 * 1000;
  const isForgottenAfter = (days: number, ...records: LedgerRecord[]): boolean =>
    isForgotten(fold([accepted, intent(1), ...records]).dispatch as Dispatch, days * DAY_MS);

  it('is forgotten when it was created and its observations are gone too', () => {
    expect(isForgottenAfter(36, created(1))).toBe(true);
    expect(isForgottenAfter(6, created(1))).toBe(false);
  });

  it('is forgotten when its outcome stayed unknown for longer than the ledger keeps records', () => {
    expect(isForgottenAfter(36, unknown(1))).toBe(false);
    expect(isForgottenAfter(46, unknown(1), end())).toBe(true);
    expect(isForgottenAfter(46)).toBe(false);
  });
});

describe('a call of which records were lost', () => {
  const after = (...records: LedgerRecord[]): Dispatch => afterLostRecords(fold(records).dispatch as Dispatch, 1_000);
  const then = (dispatch: Dispatch, record: LedgerRecord, atMs = 2_000) => reduce(dispatch, record, atMs);

  it('counts as possibly dialled if it waited: no process may begin another attempt, and this one is orphaned at once (G1)', () => {
    for (const waiting of [after(accepted), after(accepted, intent(1), refused(1)), after(accepted, intent(1), notSent(1))]) {
      const attempt = waiting.attempts.length;
      expect(waiting.phase).toBe('open');
      for (const next of [attempt, attempt + 1]) expect(then(waiting, intent(next, 9)).transition).toBeNull();
      expect(then(waiting, orphan(attempt)).dispatch?.phase).toBe('unknown');
      expect(then(waiting, proven(attempt)).dispatch?.phase).toBe('created');
    }
  });

  it('becomes created by its process’s Created; no other outcome of that process closes the attempt', () => {
    expect(then(after(accepted), created(1)).dispatch?.phase).toBe('created');
    for (const record of [refused(1), rejected(1), notSent(1)])
      expect(then(after(accepted), record).dispatch?.phase).toBe('open');
  });

  it('may be dialled once more after an operator’s release', () => {
    const unknownNow = then(after(accepted), orphan(1)).dispatch as Dispatch;
    const waiting = then(unknownNow, released(1)).dispatch as Dispatch;
    expect(then(waiting, intent(2)).transition).toMatchObject({ kind: 'intended' });
  });

  it.each([
    ['open', [accepted, intent(1)]],
    ['unknown', [accepted, intent(1), unknown(1)]],
  ] as const)('was dialled where its process says so, although it was %s then', (_phase, records) => {
    const lost = after(...records);
    expect(lost).toMatchObject({ phase: 'open', attempts: [{ attempt: 1 }, { attempt: 2, nonce: '' }] });
    for (const [record, attempt] of [
      [created(2, 9), 2],
      [created(3, 9), 3],
      [proven(3), 3],
    ] as const) {
      const { dispatch, transition } = then(lost, record);
      expect([dispatch?.phase, transition]).toMatchObject(['created', { kind: 'created', attempt }]);
      expect(then(dispatch as Dispatch, orphan(1), 90_000).dispatch?.phase).toBe('created');
    }
  });

  it('was dialled where an attempt says so that the lost one kept from taking effect', () => {
    let dispatch = after(accepted);
    for (const record of [intent(1, 8), refusedAs(8), intent(2, 9)]) dispatch = then(dispatch, record).dispatch as Dispatch;
    expect(dispatch).toMatchObject({ phase: 'open', attempts: [{ attempt: 1, nonce: '' }] });
    expect(then(dispatch, created(2, 9)).dispatch).toMatchObject({
      phase: 'created',
      attempts: [{}, { attempt: 2, state: 'created', graphCallId: 'g2' }],
    });
  });

  it('is neither unknown nor released while an attempt from before is open (G1)', () => {
    const lost = after(accepted, intent(1));
    expect(then(lost, orphan(2)).transition).toBeNull();
    expect(then(lost, orphan(2), 61_001).dispatch?.phase).toBe('open');
    for (const record of [unknown(1), refused(1), rejected(1)]) {
      const later = then(lost, record).dispatch as Dispatch;
      expect(later.phase).toBe('open');
      expect(then(later, intent(3)).transition).toBeNull();
      expect(then(later, orphan(2), 61_001).dispatch?.phase).toBe('unknown');
    }
  });

  it('stays as it is where no attempt can follow', () => {
    for (const records of [
      [end()],
      [accepted, intent(1), end()],
      [accepted, intent(1), unknown(1), end()],
      [accepted, intent(1), created(1)],
    ]) {
      const { dispatch } = fold(records);
      expect(afterLostRecords(dispatch as Dispatch, 1_000)).toBe(dispatch);
    }
  });
});
