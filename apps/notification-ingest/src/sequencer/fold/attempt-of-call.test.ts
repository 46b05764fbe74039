import type { Observation } from '@callbus/contracts';
import {
  accepted,
  bodyOf,
  created,
  ended,
  failed,
  foldAll,
  found,
  gone,
  graceOver,
  notification,
  unknownOutcome as unknown,
  wordsOf,
} from '../testing/observations.js';

const FIRST = 'aaaaaaaa-0000-4000-8000-000000000000';
const SECOND = 'bbbbbbbb-0000-4000-8000-000000000000';
const established = (graphCallId: string, attempt: number) =>
  notification(`established-${String(attempt)}`, bodyOf(graphCallId, { state: 'established' }), attempt);
const terminated = (graphCallId: string, attempt: number) =>
  notification(`terminated-${String(attempt)}`, bodyOf(graphCallId, { state: 'terminated' }, { changeType: 'deleted' }), attempt);

const told = (...observations: Observation[]): string[] => wordsOf(foldAll([accepted(), ...observations]).events.slice(1));

describe('the attempts of a call', () => {
  it('make it the one that is proven first; another one that lives is surplus and never moves the call', () => {
    const observations = [accepted(), created(SECOND, 2), established(FIRST, 1), established(SECOND, 2), terminated(FIRST, 1)];
    const { events, history } = foldAll(observations);
    expect(wordsOf(events).slice(1)).toEqual(['CallCreated', 'DuplicateCallDetected', 'established']);
    expect(events[2]?.data).toEqual({ attempt: 1, graphCallId: FIRST });
    expect(history.call).toMatchObject({ attempt: 2, graphCallId: SECOND, state: 'established' });
  });

  it('leave a surplus call to be hung up until Graph says that it has ended', () => {
    const surplusOf = (...more: Observation[]): unknown =>
      foldAll([accepted(), created(FIRST), established(SECOND, 2), ...more]).history.call.surplus;
    expect(surplusOf()).toEqual([{ attempt: 2, graphCallId: SECOND }]);
    expect(surplusOf(terminated(SECOND, 2))).toEqual([{ attempt: 2, graphCallId: SECOND, end: 'gone' }]);
    expect(surplusOf(ended(2, SECOND, 'ended'))).toEqual([{ attempt: 2, graphCallId: SECOND, end: 'ended' }]);
    expect(surplusOf(gone(2, SECOND))).toEqual([{ attempt: 2, graphCallId: SECOND, end: 'gone' }]);
  });

  it('are surplus when they are proven after the failure', () => {
    const { events, history } = foldAll([accepted(), failed(), failed('again'), established(FIRST, 1)]);
    expect(wordsOf(events).slice(1)).toEqual(['CallCreationFailed', 'DuplicateCallDetected']);
    expect(history.call).toMatchObject({ phase: 'failed', state: null, surplus: [{ attempt: 1, graphCallId: FIRST }] });
  });

  it('are surplus when they are proven after the end', () => {
    expect(told(created(FIRST), terminated(FIRST, 1), created(SECOND, 2))).toEqual([
      'CallCreated',
      'terminated!',
      'DuplicateCallDetected',
    ]);
  });

  it.each([
    ['gone', gone(1, SECOND)],
    ['found', found(1, SECOND, 'established')],
    ['ended', ended(1, SECOND, 'ended')],
    ['refused to end', ended(1, SECOND, 'refused')],
  ])('are bound to one call of Graph’s each: that another one was %s is put aside', (_what, observation) => {
    const { events, unhandled, history } = foldAll([accepted(), created(FIRST), observation]);
    expect(wordsOf(events).slice(1)).toEqual(['CallCreated']);
    expect(unhandled).toEqual([`what is told of ${SECOND} is of another call than attempt 1`]);
    expect(history.call).toMatchObject({ phase: 'created', isEndRefused: false });
  });

  it('that live beside the call and that Graph did not name are put aside, for somebody to look', () => {
    const { events, unhandled } = foldAll([accepted(), created(FIRST), created(null, 2)]);
    expect(wordsOf(events).slice(1)).toEqual(['CallCreated']);
    expect(unhandled).toEqual(['attempt 2 is a call too, beside the one that counts, and nothing that proves it names it']);
    expect(foldAll([accepted(), created(FIRST), established(SECOND, 2), created(null, 2)]).unhandled).toEqual([]);
  });

  it('are bound to one call of Graph’s each: an answer that names another one is put aside', () => {
    const { events, unhandled, history } = foldAll([accepted(), established(FIRST, 1), created(SECOND, 1)]);
    expect(wordsOf(events).slice(1)).toEqual(['CallCreated', 'established']);
    expect(unhandled).toEqual(['the answer names another call than the callbacks of the same attempt']);
    expect(history.call.graphCallId).toBe(FIRST);
  });

  it('learn Graph’s id from a callback when the answer came without one', () => {
    const { history } = foldAll([accepted(), created(null), established(FIRST, 1)]);
    expect(history.call).toMatchObject({ graphCallId: FIRST, attempts: [{ attempt: 1, graphCallId: FIRST }] });
  });
});

describe('an unknown outcome', () => {
  const marks = (...observations: Observation[]): unknown[] =>
    foldAll([accepted(), ...observations])
      .events.slice(1)
      .map(({ type, data }) => (type === 'CallOutcomeUnknown' ? [data.attempt, data.parked] : type));

  it('is told, and parked when the grace period is over and nothing has proven it', () => {
    expect(marks(unknown(1), graceOver(1))).toEqual([
      [1, false],
      [1, true],
    ]);
    expect(foldAll([accepted(), unknown(1), graceOver(1)]).history.call).toMatchObject({ isParked: true, unknownAttempt: 1 });
  });

  it('is not parked when a callback came before the grace period was over, although nobody had read it yet (G1)', () => {
    const { events, history } = foldAll([accepted(), unknown(1), established(FIRST, 1), graceOver(1)]);
    expect(wordsOf(events)).toEqual(['CallAccepted', 'CallOutcomeUnknown', 'CallCreated', 'established']);
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
    expect(marks(failed(), unknown(1), graceOver(1))).toEqual(['CallCreationFailed']);
    expect(marks(created(FIRST), unknown(2), graceOver(2), failed())).toEqual(['CallCreated']);
  });

  it('is still proven by a callback after it was parked', () => {
    const { events, history } = foldAll([accepted(), unknown(1), graceOver(1), established(FIRST, 1)]);
    expect(wordsOf(events).slice(-2)).toEqual(['CallCreated', 'established']);
    expect(history.call).toMatchObject({ phase: 'created', isParked: false });
  });
});

it('a refusal that comes late, after the call was parked, is how it ends', () => {
  const { events, history } = foldAll([accepted(), unknown(1), graceOver(1), failed()]);
  expect(wordsOf(events).at(-1)).toBe('CallCreationFailed');
  expect(history.call).toMatchObject({ phase: 'failed', isParked: false });
});

describe('a call that Graph does not know any more', () => {
  it('has ended, once (G4)', () => {
    const observations = [accepted(), created(FIRST), established(FIRST, 1), gone(1, FIRST), gone(1, FIRST, 'again')];
    const { events } = foldAll([...observations, terminated(FIRST, 1)]);
    expect(wordsOf(events).slice(2)).toEqual(['established', 'terminated!']);
    expect(events.at(-1)?.data).toMatchObject({ observedBy: 'reconciler', previousState: 'established', resultInfo: null });
  });

  it('has been, although nobody told of its creation yet', () => {
    expect(told(gone(1, FIRST), created(FIRST))).toEqual(['CallCreated', 'terminated!']);
    expect(told(ended(1, FIRST, 'refused'), created(FIRST))).toEqual(['CallCreated', 'CallEndFailed']);
  });
});

describe('a call whose state Graph was asked for', () => {
  it('is where it was found, if no callback has told that or more', () => {
    const { events } = foldAll([accepted(), created(FIRST), found(1, FIRST, 'Established'), established(FIRST, 1)]);
    expect(wordsOf(events).slice(2)).toEqual(['established']);
    expect(events.at(-1)?.data).toMatchObject({ observedBy: 'reconciler', previousState: null, late: false });
    expect(told(created(FIRST), established(FIRST, 1), found(1, FIRST, 'establishing'))).toEqual(['CallCreated', 'established']);
    expect(told(created(FIRST), terminated(FIRST, 1), found(1, FIRST, 'established'))).toEqual(['CallCreated', 'terminated!']);
  });

  it('has ended when it was found so', () => {
    expect(told(created(FIRST), found(1, FIRST, 'terminated'))).toEqual(['CallCreated', 'terminated!']);
  });

  it('is not moved by what was found of a surplus call', () => {
    expect(told(created(FIRST), established(SECOND, 2), found(2, SECOND, 'established'))).toEqual([
      'CallCreated',
      'DuplicateCallDetected',
    ]);
  });
});

describe('a call that could not be hung up', () => {
  it('is told of, also after the end', () => {
    const { events, history } = foldAll([accepted(), created(FIRST), terminated(FIRST, 1), ended(1, FIRST, 'refused')]);
    expect(wordsOf(events).slice(2)).toEqual(['terminated!', 'CallEndFailed']);
    expect(events.at(-1)?.data).toEqual({ attempt: 1, error: { httpStatus: 403, code: 'Forbidden', message: 'no' } });
    expect(history.call.isEndRefused).toBe(true);
  });

  it('gets one event for each further request, and the history keeps the last request', () => {
    const again = (request: number): Observation =>
      ({ ...ended(1, FIRST, 'refused'), id: `end-refused-${String(request)}`, request }) as Observation;
    const { events, history } = foldAll([accepted(), created(FIRST), again(1), again(2), again(2)]);
    expect(wordsOf(events).slice(2)).toEqual(['CallEndFailed', 'CallEndFailed']);
    expect(history.call.endRefusedRequest).toBe(2);
    expect(
      foldAll([
        accepted(),
        created(FIRST),
        established(SECOND, 2),
        { ...again(1), attempt: 2, graphCallId: SECOND } as Observation,
      ]).history.call.surplus,
    ).toEqual([{ attempt: 2, graphCallId: SECOND, end: 'refused', refusedRequest: 1 }]);
  });

  it('ends the history when Graph no longer knew it', () => {
    expect(told(created(FIRST), ended(1, FIRST, 'gone'))).toEqual(['CallCreated', 'terminated!']);
  });
});
