import { readFileSync } from 'node:fs';
import type { CallEvent, Observation } from '@callbus/contracts';
import { foldCall, type History } from './fold-call.js';

const FIXTURES = new URL('../../../../libs/graph/fixtures/notifications/', import.meta.url);
const callId = '11111111-1111-4111-8111-111111111111';
const tenantId = '22222222-2222-4222-8222-222222222222';
const base = { callId, tenantId, appId: tenantId, receivedAt: '2026-01-01T00:00:00.000Z' };
const graphCallId = '2f1a1100-b174-40a0-aba7-0b405e01ed92';

const accepted: Observation = {
  ...base,
  kind: 'accepted',
  id: 'a',
  requestHash: '1:x',
  callKind: 'meeting',
  media: 'service',
  notAfter: base.receivedAt,
  ifUnknown: 'park',
};
const created: Observation = {
  ...base,
  kind: 'outcome',
  id: 'c',
  outcome: 'created',
  attempt: 1,
  provenBy: 'response',
  graphCallId,
  call: { id: graphCallId },
};
const failed: Observation = {
  ...base,
  kind: 'outcome',
  id: 'f',
  outcome: 'failed',
  attempt: 1,
  reason: 'rejected',
  error: { httpStatus: 403, code: '7504', message: 'no' },
};

function notification(id: string, body: string, attempt = 1): Observation {
  return { ...base, kind: 'notification', id, attempt, body, headers: { 'x-microsoft-skype-message-id': id }, claims: {} };
}

function sample(name: string): Observation {
  return notification(name, readFileSync(new URL(name, FIXTURES), 'utf8'));
}

function state(value: string, changeType = 'updated', graphId = graphCallId): string {
  return JSON.stringify({
    value: [{ changeType, resourceUrl: `/communications/calls/${graphId}`, resourceData: { state: value } }],
  });
}

function fold(observations: Observation[]): { history: History; events: CallEvent[]; unhandled: string[] } {
  let history: History | undefined;
  const events: CallEvent[] = [];
  const unhandled: string[] = [];
  for (const observation of observations) {
    const folded = foldCall(history, observation);
    history = folded.history;
    events.push(...folded.events);
    unhandled.push(...folded.unhandled);
  }
  return { history: history!, events, unhandled };
}

function shown(events: CallEvent[]): string[] {
  return events.map((event) =>
    event.type === 'CallStateChanged'
      ? `${event.data.state}${event.data.final ? '!' : ''}${event.data.late ? '?' : ''}`
      : event.type,
  );
}

const establishing = sample('seed-ex5-establishing.json');
const established = sample('seed-ex5-established.json');
const roster = sample('seed-ex5-roster.json');
const terminated = notification('t', state('terminated', 'deleted'));

describe('foldCall', () => {
  it('makes a meeting’s whole life a gapless history', () => {
    const { events, history } = fold([accepted, created, establishing, established, roster, terminated]);
    expect(shown(events)).toEqual(['CallAccepted', 'CallCreated', 'establishing', 'established', 'RosterUpdated', 'terminated!']);
    expect(events.map((event) => event.sequence)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(history.call).toMatchObject({ phase: 'ended', state: 'terminated', graphCallId });
    expect(history.call.participants).toHaveLength(2);
  });

  it('G4: marks what comes after the final event as late and does not move the state back', () => {
    const { events, history } = fold([accepted, created, established, terminated, establishing, roster]);
    expect(shown(events).slice(-2)).toEqual(['establishing?', 'RosterUpdated']);
    expect(events.at(-1)?.data).toMatchObject({ late: true });
    expect(history.call).toMatchObject({ state: 'terminated', participants: [] });
  });

  it('G4: marks a swapped establishing as late', () => {
    expect(shown(fold([accepted, created, established, establishing]).events)).toEqual([
      'CallAccepted',
      'CallCreated',
      'established',
      'establishing?',
    ]);
  });

  it('emits nothing for a repeat, by observation id, by message id and by content', () => {
    const again = { ...established, id: 'another' };
    const same = { ...notification('m2', established.kind === 'notification' ? established.body : '') };
    expect(shown(fold([accepted, created, created, established, established, again, same]).events)).toEqual([
      'CallAccepted',
      'CallCreated',
      'established',
    ]);
  });

  it('lets a callback prove the call before its command and its answer are seen', () => {
    const { events, history } = fold([establishing, accepted, created]);
    expect(shown(events)).toEqual(['CallCreated', 'establishing', 'CallAccepted']);
    expect(events[0]?.data).toMatchObject({ provenBy: 'callback', attempt: 1 });
    expect(events[2]?.data).toMatchObject({ late: true });
    expect(history.call.call).toEqual({ id: graphCallId });
  });

  it('takes a failure once, and a proof after it for a surplus call', () => {
    const { events, history } = fold([accepted, failed, { ...failed, id: 'f2' }, established]);
    expect(shown(events)).toEqual(['CallAccepted', 'CallCreationFailed', 'DuplicateCallDetected']);
    expect(history.call).toMatchObject({ phase: 'failed', state: null, surplus: [{ attempt: 1, graphCallId }] });
  });

  it('keeps the callbacks of a second live attempt out of the main state', () => {
    const second = notification('s', state('terminated', 'deleted', 'ffffffff-0000-4000-8000-000000000000'), 2);
    const { events, history } = fold([accepted, created, established, second]);
    expect(shown(events).at(-1)).toBe('DuplicateCallDetected');
    expect(history.call.state).toBe('established');
  });

  it('refuses a notification about another call than the attempt’s own', () => {
    const { events, unhandled } = fold([
      accepted,
      created,
      notification('x', state('terminated', 'deleted', 'ffffffff-0000-4000-8000-000000000000')),
    ]);
    expect(shown(events)).toEqual(['CallAccepted', 'CallCreated']);
    expect(unhandled).toHaveLength(1);
  });

  it('knows a graph call id without its dashes and in capitals', () => {
    const { unhandled } = fold([
      accepted,
      created,
      notification('x', state('established', 'updated', graphCallId.replaceAll('-', '').toUpperCase())),
    ]);
    expect(unhandled).toEqual([]);
  });

  it('tells who joined, left and changed', () => {
    const list = (...participants: object[]): string =>
      JSON.stringify({
        value: [
          { changeType: 'updated', resourceUrl: `/communications/calls/${graphCallId}/participants`, resourceData: participants },
        ],
      });
    const { events } = fold([
      accepted,
      created,
      notification('r1', list({ id: 'a', isMuted: false }, { id: 'b' })),
      notification('r2', list({ id: 'a', isMuted: true }, { id: 'c' })),
      notification('r3', list({ id: 'a', isMuted: true }, { id: 'c' })),
    ]);
    expect(events.slice(2).map((event) => event.data)).toEqual([
      expect.objectContaining({ joined: ['a', 'b'], left: [], changed: [] }),
      expect.objectContaining({ joined: ['c'], left: ['b'], changed: ['a'] }),
    ]);
  });

  it('names what nobody can handle and goes on', () => {
    const { unhandled } = fold([
      accepted,
      created,
      notification('u', '{"value":[{"resourceUrl":"/communications/calls/x-1/operations/9"}]}'),
      notification('v', '[]'),
    ]);
    expect(unhandled).toHaveLength(2);
  });

  describe('an unknown outcome', () => {
    const unknown = (attempt: number): Observation => ({
      ...base,
      kind: 'outcome',
      id: `u${String(attempt)}`,
      outcome: 'unknown',
      attempt,
      why: 'reset',
    });
    const graceOver = (attempt: number): Observation => ({
      ...base,
      kind: 'grace-over',
      id: `g${String(attempt)}`,
      attempt,
      why: 'no callback',
    });
    const marks = (...observations: Observation[]): unknown[] =>
      fold([accepted, ...observations])
        .events.slice(1)
        .map(({ type, data }) => (type === 'CallOutcomeUnknown' ? [data.attempt, data.parked] : type));

    it('is told, and parked when the grace period is over and nothing has proven it', () => {
      expect(marks(unknown(1), graceOver(1))).toEqual([
        [1, false],
        [1, true],
      ]);
      expect(fold([accepted, unknown(1), graceOver(1)]).history.call).toMatchObject({ isParked: true, unknownAttempt: 1 });
    });

    it('is not parked when a callback came before the grace period was over, although nobody had read it yet (G1)', () => {
      const { events, history } = fold([accepted, unknown(1), establishing, graceOver(1)]);
      expect(shown(events)).toEqual(['CallAccepted', 'CallOutcomeUnknown', 'CallCreated', 'establishing']);
      expect(history.call.isParked).toBe(false);
    });

    it('ranks by the attempt, and parked over unknown, whatever comes first', () => {
      expect(marks(graceOver(1), unknown(1))).toEqual([[1, true]]);
      expect(marks(unknown(2), unknown(1), graceOver(1))).toEqual([[2, false]]);
      expect(marks(unknown(1), graceOver(1), unknown(2), graceOver(2))).toEqual([
        [1, false],
        [1, true],
        [2, false],
        [2, true],
      ]);
      expect(marks(failed, unknown(1), graceOver(1))).toEqual(['CallCreationFailed']);
    });

    it('is still proven by a callback after it was parked', () => {
      const { events, history } = fold([accepted, unknown(1), graceOver(1), established]);
      expect(shown(events).slice(-2)).toEqual(['CallCreated', 'established']);
      expect(history.call).toMatchObject({ phase: 'created', isParked: false });
    });
  });

  it('G4: ends a call that Graph does not know any more, once', () => {
    const gone: Observation = { ...base, kind: 'keep-alive', id: 'k', attempt: 1, graphCallId, result: 'gone' };
    const { events } = fold([accepted, created, established, gone, { ...gone, id: 'k2' }, terminated]);
    expect(shown(events).slice(-2)).toEqual(['established', 'terminated!']);
    expect(events.at(-1)?.data).toMatchObject({ observedBy: 'reconciler', previousState: 'established' });
  });

  it('tells that a call could not be ended, and what came of a surplus one', () => {
    const end = (attempt: number, id: string, result: 'ended' | 'refused'): Observation => ({
      ...base,
      kind: 'end',
      id: `${id}-${result}`,
      attempt,
      graphCallId: id,
      result,
      ...(result === 'refused' && { error: { httpStatus: 403, code: 'Forbidden', message: 'no' } }),
    });
    const other = 'ffffffff-0000-4000-8000-000000000000';
    const second = notification('s', state('established', 'updated', other), 2);
    const { events, history } = fold([accepted, created, second, end(2, other, 'ended'), end(1, graphCallId, 'refused')]);
    expect(shown(events).slice(2)).toEqual(['DuplicateCallDetected', 'CallEndFailed']);
    expect(events.at(-1)?.data).toEqual({ attempt: 1, error: { httpStatus: 403, code: 'Forbidden', message: 'no' } });
    expect(history.call).toMatchObject({ isEndRefused: true, surplus: [{ attempt: 2, graphCallId: other, end: 'ended' }] });
  });
});
