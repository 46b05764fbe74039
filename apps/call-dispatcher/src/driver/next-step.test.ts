import { afterLostRecords, reduce, type Dispatch, type LedgerRecord } from '@callbus/contracts';
import {
  isOver,
  keepAliveAfter,
  liveCallOf,
  nextStep,
  NO_FOLLOW_UP,
  type CallHistory,
  type FollowUp,
  type Step,
} from './next-step.js';
import {
  ACCEPTED,
  CALL_ID,
  COMMAND,
  dispatchAfter,
  END_REQUESTED,
  GRAPH_ERROR,
  intent,
  key,
  ORPHAN_MS,
  START_MS,
} from '../testing/dispatches.js';
import { NO_HISTORY, RULES } from '../testing/histories.js';

const NOTHING: CallHistory = { ...NO_HISTORY, isEstablishing: false };
const NEVER: Step = { kind: 'wait', untilMs: Infinity };
const created = (attempt: number, graphCallId: string | null = 'graph-1'): LedgerRecord => ({
  type: 'Created',
  ...key(attempt),
  provenBy: 'response',
  graphCallId,
});
const refused = (attempt: number, retryAfterMs: number, httpStatus = 429): LedgerRecord => ({
  type: 'Refused',
  ...key(attempt),
  retryAfterMs,
  error: { ...GRAPH_ERROR, httpStatus },
});
const notSent = (attempt: number): LedgerRecord => ({ type: 'NotSent', ...key(attempt), why: 'refused' });

function step(
  records: readonly LedgerRecord[],
  nowMs = START_MS + 5_000,
  history: Partial<CallHistory> = {},
  followUp: Partial<FollowUp> = {},
) {
  const followUps = new Map([['graph-1', { ...NO_FOLLOW_UP, ...followUp }]]);
  return nextStep(dispatchAfter(...records), { history: { ...NOTHING, ...history }, nowMs, followUps }, RULES);
}

describe('a call that waits', () => {
  it('is attempted', () => {
    expect(step([ACCEPTED])).toEqual({ kind: 'attempt', attempt: 1, tokenRefusedAtMs: null });
  });

  it('waits for as long as Graph said after a refusal, and is then attempted again', () => {
    const records = [ACCEPTED, intent(1), refused(1, 30_000)];
    expect(step(records)).toEqual({ kind: 'wait', untilMs: START_MS + 32_000 });
    expect(step(records, START_MS + 32_000)).toEqual({ kind: 'attempt', attempt: 2, tokenRefusedAtMs: null });
  });

  it('is attempted with a new token after a 401', () => {
    expect(step([ACCEPTED, intent(1), refused(1, 0, 401)])).toEqual({
      kind: 'attempt',
      attempt: 2,
      tokenRefusedAtMs: START_MS + 2_000,
    });
  });

  it('is attempted at growing distances while Graph cannot be reached', () => {
    const twice = [ACCEPTED, intent(1), notSent(1), intent(2), notSent(2)];
    expect(step(twice.slice(0, 3), START_MS)).toEqual({ kind: 'wait', untilMs: START_MS + 1_500 });
    expect(step(twice, START_MS)).toEqual({ kind: 'wait', untilMs: START_MS + 4_000 });
  });

  it('counts only the last attempts in vain', () => {
    const records = [ACCEPTED, intent(1), notSent(1), intent(2), refused(2, 0), intent(3), notSent(3)];
    expect(step(records, START_MS)).toEqual({ kind: 'wait', untilMs: START_MS + 5_500 });
  });

  it('expires after notAfter, not before', () => {
    expect(step([ACCEPTED], COMMAND.notAfterMs)).toMatchObject({ kind: 'attempt' });
    expect(step([ACCEPTED], COMMAND.notAfterMs + 1)).toEqual({
      kind: 'append',
      record: { type: 'Expired', callId: CALL_ID, why: 'notAfter passed before the call could be dialled' },
    });
  });

  it('is looked at again when it expires, if Graph wants it to wait for longer', () => {
    const records = [ACCEPTED, intent(1), refused(1, 600_000)];
    expect(step(records)).toEqual({ kind: 'wait', untilMs: COMMAND.notAfterMs + 1 });
    expect(step(records, COMMAND.notAfterMs + 1)).toMatchObject({
      record: { why: expect.stringContaining('Graph refused attempt 1') as string },
    });
  });

  it('says of an expired call that Graph was not reached', () => {
    expect(step([ACCEPTED, intent(1), notSent(1)], COMMAND.notAfterMs + 1)).toMatchObject({
      record: { why: expect.stringContaining('had not reached Graph') as string },
    });
  });
});

describe('a proof that does not name Graph’s call', () => {
  const history = { proven: [{ attempt: 1, graphCallId: null }] };

  it('waits for Graph’s answer, which may name it, while the attempt is open', () => {
    expect(step([ACCEPTED, intent(1)], START_MS, history)).toMatchObject({ kind: 'wait' });
  });

  it('counts once no answer can come any more, so that the call is not dialled again', () => {
    expect(step([ACCEPTED, intent(1), { type: 'Unknown', ...key(1), why: 'reset' }], START_MS, history)).toEqual({
      kind: 'append',
      record: { type: 'Created', callId: CALL_ID, attempt: 1, provenBy: 'callback', graphCallId: null },
    });
  });
});

describe('an open attempt', () => {
  it('is left alone until its process must be dead, and is then declared unknown', () => {
    const records = [ACCEPTED, intent(1)];
    const orphanAtMs = START_MS + 1_000 + ORPHAN_MS;
    expect(step(records, orphanAtMs)).toEqual({ kind: 'wait', untilMs: orphanAtMs + 1 });
    expect(step(records, orphanAtMs + 1)).toMatchObject({ kind: 'append', record: { type: 'Unknown', attempt: 1 } });
  });

  it.each(['open', 'unknown'])('is created when a callback proves it while it is %s', (state) => {
    const records: LedgerRecord[] = [ACCEPTED, intent(1)];
    if (state === 'unknown') records.push({ type: 'Unknown', ...key(1), why: 'reset' });
    const history = { proven: [{ attempt: 1, graphCallId: 'graph-1' }] };
    expect(step(records, START_MS, history)).toEqual({
      kind: 'append',
      record: { type: 'Created', callId: CALL_ID, attempt: 1, provenBy: 'callback', graphCallId: 'graph-1' },
    });
  });
});

describe('an unknown outcome', () => {
  const unknown = (attempt: number): LedgerRecord => ({ type: 'Unknown', ...key(attempt), why: 'reset' });
  const released = (attempt: number): LedgerRecord => ({ type: 'Released', callId: CALL_ID, attempt, by: 'policy' });
  const records = [ACCEPTED, intent(1), unknown(1)];
  const overAtMs = START_MS + 2_000 + RULES.unknownGraceMs;
  const redialing: LedgerRecord[] = [
    {
      type: 'Accepted',
      callId: CALL_ID,
      command: { ...COMMAND, ifUnknown: 'redial', notAfterMs: overAtMs * 2 },
      requestHash: '',
    },
    intent(1),
    unknown(1),
  ];

  it('is never dialled again by itself, and waits for its callbacks', () => {
    expect(step(records, overAtMs)).toEqual({ kind: 'wait', untilMs: overAtMs + 1 });
    expect(step(records, overAtMs + 1)).toMatchObject({ kind: 'grace-over', attempt: 1 });
    expect(step(records, overAtMs + 1, { parkedAttempt: 1 })).toEqual(NEVER);
  });

  it('is dialled again only when it is parked, if the command wants that', () => {
    expect(step(redialing, overAtMs + 1)).toMatchObject({ kind: 'grace-over', attempt: 1 });
    expect(step(redialing, overAtMs + 1, { parkedAttempt: 1 })).toEqual({
      kind: 'append',
      record: { type: 'Released', callId: CALL_ID, attempt: 1, by: 'policy' },
    });
  });

  it('is dialled again no more often than allowed, not when its end is wanted, and not after notAfter', () => {
    const thrice = [...redialing, released(1), intent(2), unknown(2), released(2), intent(3), unknown(3)];
    expect(step(thrice.slice(0, 6), overAtMs + 9_000, { parkedAttempt: 2 })).toMatchObject({
      record: { type: 'Released', attempt: 2 },
    });
    expect(step(thrice, overAtMs + 9_000, { parkedAttempt: 3 })).toEqual(NEVER);
    expect(step([...redialing, END_REQUESTED], overAtMs + 1, { parkedAttempt: 1 })).toEqual(NEVER);
    expect(step(redialing, overAtMs * 2 + 1, { parkedAttempt: 1 })).toEqual(NEVER);
  });

  it('is neither parked nor redialled while its history is unreadable, since that may hold the proof', () => {
    const dispatch = dispatchAfter(...redialing);
    const facts = { nowMs: START_MS + 1_000_000, followUps: new Map<string, FollowUp>() };
    for (const history of [undefined, { ...NOTHING, parkedAttempt: 1 }]) {
      expect(nextStep(dispatch, { ...facts, history, isHistoryLost: true }, RULES)).toEqual(NEVER);
    }
  });

  it('is neither parked nor dialled again where the history has a proof that the ledger lacks', () => {
    for (const history of [{ hasEnded: true }, { proven: [{ attempt: 2, graphCallId: 'graph-1' }] }]) {
      expect(step(redialing, overAtMs + 1, history)).toEqual(NEVER);
      expect(step(redialing, overAtMs + 1, { ...history, parkedAttempt: 1 })).toEqual(NEVER);
    }
  });

  it('is proven by the history where records of the ledger were lost, whatever the attempt', () => {
    const lacking = afterLostRecords(dispatchAfter(ACCEPTED), START_MS + 1_000);
    const history = { ...NOTHING, proven: [{ attempt: 2, graphCallId: 'graph-1' }] };
    const facts = { nowMs: START_MS + 1_000, followUps: new Map<string, FollowUp>() };
    const proof = nextStep(lacking, { ...facts, history }, RULES);
    const record = { type: 'Created', callId: CALL_ID, attempt: 2, provenBy: 'callback', graphCallId: 'graph-1' } as const;
    expect(proof).toEqual({ kind: 'append', record });
    const { dispatch } = reduce(lacking, record, START_MS + 1_001);
    expect(liveCallOf(dispatch as Dispatch, history)).toEqual({ attempt: 2, graphCallId: 'graph-1' });
    expect(nextStep(dispatch as Dispatch, { ...facts, history }, RULES)).not.toEqual(proof);
  });

  it('has a grace period of its own for each attempt', () => {
    const twice = [...redialing, released(1), intent(2), unknown(2)];
    const secondOverAtMs = START_MS + 5_000 + RULES.unknownGraceMs;
    expect(step(twice, secondOverAtMs, { parkedAttempt: 1 })).toEqual({ kind: 'wait', untilMs: secondOverAtMs + 1 });
    expect(step(twice, secondOverAtMs + 1, { parkedAttempt: 1 })).toMatchObject({ kind: 'grace-over', attempt: 2 });
  });
});

describe('a call that is to end', () => {
  const records = [ACCEPTED, intent(1), created(1), END_REQUESTED];

  it('is hung up once', () => {
    expect(step(records)).toEqual({ kind: 'hang-up', isSurplus: false, request: 1, attempt: 1, graphCallId: 'graph-1' });
    expect(step(records, START_MS, {}, { hungUpFor: 1 })).toEqual(NEVER);
  });

  it('is hung up once for each end request, whatever Graph answered to earlier ones', () => {
    const again = [...records, END_REQUESTED, END_REQUESTED];
    expect(step(again, START_MS, { refusedEnd: 1 }, { hungUpFor: 1 })).toMatchObject({ kind: 'hang-up', request: 3 });
    expect(step(again, START_MS, { refusedEnd: 2 })).toMatchObject({ kind: 'hang-up', request: 3 });
    expect(step(again, START_MS, {}, { hungUpFor: 3 })).toEqual(NEVER);
    expect(step(again, START_MS, { refusedEnd: 3 })).toEqual(NEVER);
  });

  it('is hung up when Graph may be asked again, and asked nothing else before', () => {
    const putOff = { notBeforeMs: START_MS + 1, keepAliveAtMs: START_MS };
    expect(step(records, START_MS, {}, putOff)).toEqual({ kind: 'wait', untilMs: START_MS + 1 });
    expect(step(records, START_MS + 1, {}, putOff)).toMatchObject({ kind: 'hang-up' });
  });

  it('is left alone when its history has ended, or Graph refused to end it for good', () => {
    expect(step(records, START_MS, { hasEnded: true })).toEqual(NEVER);
    expect(step(records, START_MS, { refusedEnd: 1 })).toEqual(NEVER);
  });

  it('is hung up by the id from a callback when the answer carried none', () => {
    const withoutId = [ACCEPTED, intent(1), created(1, null), END_REQUESTED];
    expect(step(withoutId)).toEqual(NEVER);
    expect(step(withoutId, START_MS, { proven: [{ attempt: 1, graphCallId: 'graph-2' }] })).toMatchObject({
      kind: 'hang-up',
      graphCallId: 'graph-2',
    });
  });

  it('is not hung up while it is not asked for', () => {
    expect(step([ACCEPTED, intent(1), created(1)])).toEqual(NEVER);
  });
});

it('asks Graph to do nothing but hang up while it throttles the app in the tenant', () => {
  const of = (...more: LedgerRecord[]): Step => {
    const followUps = new Map([['graph-1', { ...NO_FOLLOW_UP, keepAliveAtMs: START_MS }]]);
    const facts = { history: NOTHING, nowMs: START_MS, followUps, followUpsFromMs: START_MS + 1 };
    return nextStep(dispatchAfter(ACCEPTED, intent(1), created(1), ...more), facts, RULES);
  };
  expect(of()).toEqual({ kind: 'wait', untilMs: START_MS + 1 });
  expect(of(END_REQUESTED)).toMatchObject({ kind: 'hang-up', graphCallId: 'graph-1' });
});

describe('a surplus call', () => {
  const surplus = [{ attempt: 2, graphCallId: 'graph-2', refusedEnd: null }];

  it.each<[string, LedgerRecord[]]>([
    ['created', [ACCEPTED, intent(1), created(1)]],
    ['rejected', [ACCEPTED, intent(1), { type: 'Rejected', ...key(1), error: GRAPH_ERROR }]],
    ['waiting', [ACCEPTED]],
  ])('is hung up whatever the call is: %s', (_phase, records) => {
    const end = { kind: 'hang-up', isSurplus: true, request: 0, attempt: 2, graphCallId: 'graph-2' };
    expect(step(records, START_MS, { surplus })).toEqual(end);
  });

  it('is not hung up again after Graph refused permanently, until an EndCall comes', () => {
    const records = [ACCEPTED, intent(1), created(1)];
    const refused = [{ attempt: 2, graphCallId: 'graph-2', refusedEnd: 0 }];
    expect(step(records, START_MS, { surplus: refused })).toEqual(NEVER);
    const asked = step([...records, END_REQUESTED], START_MS, { surplus: refused });
    expect(asked).toMatchObject({ kind: 'hang-up', isSurplus: true, request: 1 });
  });

  it('is not taken for the call', () => {
    const both = [ACCEPTED, intent(1), created(1)];
    expect(step(both, START_MS, { surplus: [{ attempt: 1, graphCallId: 'GRAPH-1', refusedEnd: null }] })).toMatchObject({
      isSurplus: true,
    });
  });
});

describe('a call that lives', () => {
  const records = [ACCEPTED, intent(1), created(1)];

  it('is kept alive when it is time', () => {
    expect(step(records, START_MS, {}, { keepAliveAtMs: START_MS + 1 })).toEqual({ kind: 'wait', untilMs: START_MS + 1 });
    expect(step(records, START_MS, {}, { keepAliveAtMs: START_MS })).toEqual({
      kind: 'keep-alive',
      attempt: 1,
      graphCallId: 'graph-1',
    });
    expect(step(records, START_MS, { hasEnded: true }, { keepAliveAtMs: START_MS })).toEqual(NEVER);
  });

  it('is asked for, and kept alive, no sooner than Graph may be asked again', () => {
    const putOff = { notBeforeMs: START_MS + 1, keepAliveAtMs: START_MS, lookUpAtMs: START_MS };
    expect(step(records, START_MS, { isEstablishing: true }, putOff)).toEqual({ kind: 'wait', untilMs: START_MS + 1 });
    expect(step(records, START_MS, { isEstablishing: false }, putOff)).toEqual({ kind: 'wait', untilMs: START_MS + 1 });
    expect(step(records, START_MS + 1, { isEstablishing: false }, putOff)).toMatchObject({ kind: 'keep-alive' });
  });

  it('is asked for again before it counts as gone, and kept alive no more', () => {
    const saidGone = { isSaidGone: true, lookUpAtMs: START_MS + 1, keepAliveAtMs: START_MS };
    expect(step(records, START_MS, {}, saidGone)).toEqual({ kind: 'wait', untilMs: START_MS + 1 });
    expect(step(records, START_MS + 1, {}, saidGone)).toMatchObject({ kind: 'look-up', attempt: 1, graphCallId: 'graph-1' });
  });

  it('is left alone once its history was told that it is gone, even if that never shows it, until an EndCall comes (G1)', () => {
    const toldGone = { isSaidGone: true, isToldGone: true, lookUpAtMs: START_MS, keepAliveAtMs: START_MS, hungUpFor: 1 };
    for (const more of [{}, { isEstablishing: true, unreadCallbackId: 'unread' }])
      expect(step(records, START_MS, more, toldGone)).toEqual(NEVER);
    const again = [...records, END_REQUESTED, END_REQUESTED];
    expect(step(again, START_MS, {}, toldGone)).toMatchObject({ kind: 'hang-up', request: 2 });
    expect(step(again, START_MS, {}, { ...toldGone, hungUpFor: 2 })).toEqual(NEVER);
  });

  it('is over when its history says so, or was told so', () => {
    const followUps = (isToldGone: boolean) => new Map([['graph-1', { ...NO_FOLLOW_UP, isSaidGone: true, isToldGone }]]);
    const dispatch = dispatchAfter(...records);
    expect([false, true].map((isToldGone) => isOver(dispatch, undefined, followUps(isToldGone)))).toEqual([false, true]);
    expect(isOver(dispatch, { ...NOTHING, hasEnded: true }, new Map())).toBe(true);
  });

  it('is asked for when it is in establishing for too long, and only then', () => {
    const isDue = { lookUpAtMs: START_MS };
    expect(step(records, START_MS - 1, { isEstablishing: true }, isDue)).toEqual({ kind: 'wait', untilMs: START_MS });
    expect(step(records, START_MS, { isEstablishing: true }, isDue)).toMatchObject({ kind: 'look-up' });
    expect(step(records, START_MS, { isEstablishing: false }, isDue)).toEqual(NEVER);
  });

  it('is looked up at once after an unreadable callback, but not repeatedly', () => {
    const unread = { unreadCallbackId: 'second' };
    const lookUp = { kind: 'look-up', attempt: 1, graphCallId: 'graph-1', answers: 'second' };
    expect(step(records, START_MS, unread)).toEqual(lookUp);
    const asked = { lookedUpAtMs: START_MS, answeredCallbackId: 'first' };
    expect(step(records, START_MS, unread, asked)).toEqual({ kind: 'wait', untilMs: START_MS + RULES.unreadLookUpMs });
    expect(step(records, START_MS + RULES.unreadLookUpMs, unread, asked)).toEqual(lookUp);
    // The history may not know yet what Graph said, or be of a release that never will.
    expect(step(records, START_MS + RULES.unreadLookUpMs, unread, { ...asked, answeredCallbackId: 'second' })).toEqual(NEVER);
    expect(step(records, START_MS, { ...unread, hasEnded: true })).toEqual(NEVER);
    expect(step(records, START_MS, unread, { notBeforeMs: START_MS + 1 })).toEqual({ kind: 'wait', untilMs: START_MS + 1 });
  });

  it('is looked up no sooner because of such a callback when Graph said that it is gone', () => {
    const saidGone = { isSaidGone: true, lookUpAtMs: START_MS + 1 };
    expect(step(records, START_MS, { unreadCallbackId: 'one' }, saidGone)).toEqual({ kind: 'wait', untilMs: START_MS + 1 });
    expect(step(records, START_MS + 1, { unreadCallbackId: 'one' }, saidGone)).toMatchObject({ answers: 'one' });
  });

  it('is kept alive every interval since it was created, whoever does it', () => {
    expect(keepAliveAfter(1_000, 1_000, 900)).toBe(1_900);
    expect(keepAliveAfter(1_901, 1_000, 900)).toBe(2_800);
    expect(keepAliveAfter(500, 1_000, 900)).toBe(1_900);
  });
});
