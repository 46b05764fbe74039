import type { LedgerRecord } from '@callbus/contracts';
import { nextStep, type CallHistory } from './next-step.js';
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
} from './testing/dispatches.js';

const NONE: ReadonlySet<string> = new Set();
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

function step(records: readonly LedgerRecord[], nowMs = START_MS + 5_000, history?: CallHistory, hungUp = NONE) {
  return nextStep(dispatchAfter(...records), history, nowMs, hungUp);
}

describe('a call that waits', () => {
  it('is attempted', () => {
    expect(step([ACCEPTED])).toEqual({ kind: 'attempt', attempt: 1, withNewToken: false });
  });

  it('waits for as long as Graph said after a refusal, and is then attempted again', () => {
    const records = [ACCEPTED, intent(1), refused(1, 30_000)];
    expect(step(records)).toEqual({ kind: 'wait', untilMs: START_MS + 32_000 });
    expect(step(records, START_MS + 32_000)).toEqual({ kind: 'attempt', attempt: 2, withNewToken: false });
  });

  it('is attempted with a new token after a 401', () => {
    expect(step([ACCEPTED, intent(1), refused(1, 0, 401)])).toEqual({ kind: 'attempt', attempt: 2, withNewToken: true });
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
    const history = { hasEnded: false, proven: [{ attempt: 1, graphCallId: 'graph-1' }] };
    expect(step(records, START_MS, history)).toEqual({
      kind: 'append',
      record: { type: 'Created', callId: CALL_ID, attempt: 1, provenBy: 'callback', graphCallId: 'graph-1' },
    });
  });
});

describe('an unknown outcome', () => {
  it('is never dialled again by itself', () => {
    const records: LedgerRecord[] = [ACCEPTED, intent(1), { type: 'Unknown', ...key(1), why: 'reset' }];
    expect(step(records, COMMAND.notAfterMs + 1)).toEqual({ kind: 'wait', untilMs: Infinity });
  });
});

describe('a call that is to end', () => {
  const records = [ACCEPTED, intent(1), created(1), END_REQUESTED];

  it('is hung up once', () => {
    expect(step(records)).toEqual({ kind: 'hang-up', graphCallIds: ['graph-1'] });
    expect(step(records, START_MS, undefined, new Set(['graph-1']))).toEqual({ kind: 'wait', untilMs: Infinity });
  });

  it('is left alone when its history has ended', () => {
    expect(step(records, START_MS, { hasEnded: true, proven: [] })).toEqual({ kind: 'wait', untilMs: Infinity });
  });

  it('is hung up by the id from a callback when the answer carried none', () => {
    const withoutId = [ACCEPTED, intent(1), created(1, null), END_REQUESTED];
    expect(step(withoutId)).toEqual({ kind: 'wait', untilMs: Infinity });
    expect(step(withoutId, START_MS, { hasEnded: false, proven: [{ attempt: 1, graphCallId: 'graph-2' }] })).toEqual({
      kind: 'hang-up',
      graphCallIds: ['graph-2'],
    });
  });

  it('is not hung up while it is not asked for', () => {
    expect(step([ACCEPTED, intent(1), created(1)])).toEqual({ kind: 'wait', untilMs: Infinity });
  });
});
