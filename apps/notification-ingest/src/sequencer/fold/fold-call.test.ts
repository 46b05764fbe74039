import type { Observation } from '@callbus/contracts';
import { accepted, bodyOf, created, foldAll, notification, sampleBody, wordsOf } from '../testing/observations.js';

const graphCallId = '2f1a1100-b174-40a0-aba7-0b405e01ed92';
const OTHER = 'ffffffff-0000-4000-8000-000000000000';
const sample = (name: string) => notification(name, sampleBody(name));
const establishing = sample('seed-ex5-establishing');
const established = sample('seed-ex5-established');
const roster = sample('seed-ex5-roster');
const terminated = notification('t', bodyOf(graphCallId, { state: 'terminated' }, { changeType: 'deleted' }));
const answered = created(graphCallId);

const told = (...observations: Observation[]): string[] =>
  wordsOf(foldAll([accepted(), answered, ...observations]).events.slice(2));

describe('foldCall', () => {
  it('makes a meeting’s whole life a gapless history', () => {
    const { events, history } = foldAll([accepted(), answered, establishing, established, roster, terminated]);
    expect(wordsOf(events)).toEqual([
      'CallAccepted',
      'CallCreated',
      'establishing',
      'established',
      'RosterUpdated',
      'terminated!',
    ]);
    expect(events.map((event) => event.sequence)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(history.call).toMatchObject({ phase: 'ended', state: 'terminated', graphCallId });
    expect(history.call.participants).toHaveLength(2);
  });

  it('G4: marks what comes after the final event as late and does not move the state back', () => {
    const { events, history } = foldAll([accepted(), answered, established, terminated, establishing, roster]);
    expect(wordsOf(events).slice(-3)).toEqual(['terminated!', 'establishing?', 'RosterUpdated?']);
    expect(history.call).toMatchObject({ state: 'terminated', participants: [] });
  });

  it('emits nothing for a repeat, by observation id, by Graph’s message id with the body, and by content', () => {
    const anotherId = { ...established, id: 'another' };
    const anotherMessage = notification('m2', sampleBody('seed-ex5-established'));
    expect(told(answered, established, established, anotherId, anotherMessage)).toEqual(['established']);
  });

  it('knows what Graph sent twice by its message id, also where the content is news each time', () => {
    const hold = bodyOf(graphCallId, { state: 'hold' });
    const received = (id: string, messageId: string | null) => notification(id, hold, 1, messageId);
    const heldTwice = (second: Observation): string[] => told(answered, received('1', 'm'), established, second);
    expect(heldTwice(received('2', 'm'))).toEqual(['hold', 'established']);
    expect(heldTwice(received('2', 'other'))).toEqual(['hold', 'established', 'hold']);
    expect(heldTwice(received('2', null))).toEqual(['hold', 'established', 'hold']);
  });

  it('takes another body under the same message id for another notification', () => {
    const body = (state: string): object => bodyOf(graphCallId, { state });
    expect(told(notification('1', body('established'), 1, 'm'), notification('2', body('hold'), 1, 'm'))).toEqual([
      'established',
      'hold',
    ]);
  });

  it('recognises the repeats of the last 256 observations', () => {
    const hold = notification('hold', bodyOf(graphCallId, { state: 'hold' }));
    const others = (count: number): Observation[] =>
      Array.from({ length: count }, (_one, index) =>
        notification(`n${String(index)}`, bodyOf(graphCallId, { state: index % 2 === 0 ? 'established' : 'hold' })),
      );
    expect(told(hold, ...others(255), hold)).toHaveLength(256);
    expect(told(hold, ...others(257), hold)).toHaveLength(259);
    expect(foldAll([accepted(), answered, ...others(600)]).history.call.seen).toHaveLength(256);
  });

  it('takes up again what nobody could handle: its dead letter may be replayed to a later release', () => {
    const unknown = notification('u', bodyOf(graphCallId, {}, { below: '/somethingNew' }));
    expect(foldAll([accepted(), answered, unknown, unknown]).unhandled).toHaveLength(2);
  });

  it('lets a callback prove the call before its command and its answer are seen', () => {
    const { events, history } = foldAll([establishing, accepted(), created(graphCallId, 1, { subject: 'Alert', chatInfo: {} })]);
    expect(wordsOf(events)).toEqual(['CallCreated', 'establishing', 'CallAccepted?']);
    expect(events[0]?.data).toEqual({ attempt: 1, provenBy: 'callback', call: null });
    // What Graph said since its answer stays.
    expect(history.call.call).toMatchObject({ subject: 'Alert', chatInfo: { messageId: '0' } });
  });

  it('accepts the command once', () => {
    expect(told({ ...accepted(), id: 'again' })).toEqual([]);
  });

  it('puts aside a notification about another call than the attempt’s own', () => {
    const { events, unhandled } = foldAll([
      accepted(),
      answered,
      notification('x', bodyOf(OTHER, { state: 'terminated' }, { changeType: 'deleted' })),
    ]);
    expect(wordsOf(events)).toEqual(['CallAccepted', 'CallCreated']);
    expect(unhandled).toEqual(['a notification is about another call than the one that this attempt is bound to']);
  });

  it('knows Graph’s id of the call without its dashes and in capitals', () => {
    const shouted = graphCallId.replaceAll('-', '').toUpperCase();
    expect(told(notification('x', bodyOf(shouted, { state: 'established' })))).toEqual(['established']);
  });

  it('folds every notification of a body, whatever becomes of the others', () => {
    const item = (below: string, resourceData: unknown): object => ({
      changeType: 'updated',
      resourceUrl: `/communications/calls/${graphCallId}${below}`,
      resourceData,
    });
    const body = {
      value: [item('', { state: 'established' }), 7, item('/somethingNew', {}), item('/participants', [{ id: 'p' }])],
    };
    const { events, unhandled } = foldAll([accepted(), answered, notification('n', body)]);
    expect(wordsOf(events).slice(2)).toEqual(['established', 'RosterUpdated']);
    expect(unhandled).toEqual(['a notification is not an object', 'nobody knows what a notification of «somethingNew» means']);
  });
});
