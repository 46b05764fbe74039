import type { CallEvent, EventData } from '@callbus/contracts';
import { accepted, bodyOf, created, foldAll, notification, wordsOf } from '../testing/observations.js';

const graphCallId = 'aaaaaaaa-0000-4000-8000-000000000000';
const DELTA = '#microsoft.graph.deltaParticipants';
const below = '/participants';

interface CallUnderWay {
  readonly isDelta?: boolean;
  readonly ended?: boolean;
}

/** Folds notifications of participants of a created call, one for each resource. */
function fold(resources: readonly unknown[], { isDelta = false, ended = false }: CallUnderWay = {}): readonly CallEvent[] {
  const end = notification('end', bodyOf(graphCallId, { state: 'terminated' }, { changeType: 'deleted' }));
  const before = foldAll([
    accepted(isDelta ? { isDeltaRosterEnabled: true } : {}),
    created(graphCallId),
    ...(ended ? [end] : []),
  ]);
  const notifications = resources.map((resource, index) =>
    notification(`r${String(index)}`, bodyOf(graphCallId, resource, { below }), 1, null),
  );
  return foldAll(notifications, before.history).events;
}

type Roster = EventData['RosterUpdated'];
const rosters = (events: readonly CallEvent[]): Roster[] => events.map(({ data }) => data as Roster);
const ids = ({ participants }: Roster): unknown[] => participants.map(({ id }) => id);
const changes = ({ joined, left, changed }: Roster): string =>
  [...joined.map((id) => `+${id}`), ...left.map((id) => `-${id}`), ...changed.map((id) => `~${id}`)].join(' ');

describe('a roster', () => {
  it('is the whole list: who is not in it has left', () => {
    const events = fold([
      [{ id: 'a', isMuted: false }, { id: 'b' }],
      [{ id: 'a', isMuted: true }, { id: 'c' }],
      [{ id: 'a', isMuted: true }, { id: 'c' }],
      [],
    ]);
    expect(rosters(events).map(changes)).toEqual(['+a +b', '+c -b ~a', '-a -c']);
    expect(rosters(events).map(ids)).toEqual([['a', 'b'], ['a', 'c'], []]);
  });

  it('may be one participant without a list', () => {
    expect(rosters(fold([{ id: 'a' }])).map(changes)).toEqual(['+a']);
  });

  it('keeps every member, and spells enums as Graph’s schema does', () => {
    const participant = {
      id: 'a',
      isInLobby: true,
      info: { identity: { guest: { id: 'g', displayName: 'Guest' } }, endpointType: 'Default', clientVersion: 'x' },
      mediaStreams: [{ mediaType: 'Audio', direction: 'SENDRECEIVE', sourceId: '1' }],
      recordingInfo: { recordingStatus: 'Recording', initiator: {} },
      somethingNew: 1,
    };
    expect(rosters(fold([[participant]]))[0]?.participants).toEqual([
      {
        ...participant,
        info: { ...participant.info, endpointType: 'default' },
        mediaStreams: [{ mediaType: 'audio', direction: 'sendReceive', sourceId: '1' }],
        recordingInfo: { recordingStatus: 'recording', initiator: {} },
      },
    ]);
  });

  it('tells who was let in from the lobby, and that it is recorded', () => {
    const events = fold([
      [{ id: 'a', isInLobby: true }],
      [{ id: 'a', isInLobby: false }],
      [{ id: 'a', isInLobby: false, recordingInfo: { recordingStatus: 'recording' } }],
    ]);
    expect(rosters(events).map(changes)).toEqual(['+a', '~a', '~a']);
  });

  it('knows participants by their ids, without regard to case and dashes', () => {
    const events = fold([[{ id: '0D7664B6643243ED' }], [{ id: '0d7664b6-6432-43ed' }]]);
    expect(rosters(events).map(changes)).toEqual(['+0D7664B6643243ED', '~0d7664b6-6432-43ed']);
  });

  it('knows those without an id by their identity, also when one of them is there twice, and at worst by their place', () => {
    const invited = (id: string): object => ({ id: null, info: { identity: { '@odata.type': 'x', user: { id } } } });
    const [a, b] = [invited('a'), invited('b')];
    const events = fold([
      [a, b, a],
      [b, a],
      [{ isMuted: true }, a],
    ]);
    expect(rosters(events).map(changes)).toEqual(['+a +b +a', '-a', '+#0 -b']);
  });

  it('leaves out who was removed, with the reason, once', () => {
    const removed = { id: 'b', removedState: { reason: 'Removed' } };
    const events = fold([
      [{ id: 'a' }, { id: 'b' }],
      [{ id: 'a' }, removed],
      [{ id: 'a' }, removed],
      [removed, { id: 'c' }],
    ]);
    expect(rosters(events).map(changes)).toEqual(['+a +b', '-b', '+c -a']);
    expect(rosters(events).map(ids)).toEqual([['a', 'b'], ['a'], ['c']]);
    expect(rosters(events)[1]?.removed).toEqual([removed]);
    expect(events[0]?.data).not.toHaveProperty('removed');
    // Graph may tell of a removal that nobody has seen the participant of.
    expect(wordsOf(fold([[removed]]))).toEqual(['RosterUpdated']);
  });

  it('that comes after the end is told as late', () => {
    const events = fold([[{ id: 'a' }]], { ended: true });
    expect(wordsOf(events)).toEqual(['RosterUpdated?']);
    expect(rosters(events).map(changes)).toEqual(['+a']);
  });
});

describe('a delta of a roster', () => {
  const delta = (sequenceNumber: number, ...participants: object[]): object => ({
    '@odata.type': DELTA,
    sequenceNumber,
    participants,
  });
  const removed = (id: string, rosterSequenceNumber: number): object => ({
    id,
    rosterSequenceNumber,
    removedState: { reason: 'Left' },
  });

  it('changes those whom it names', () => {
    const events = fold([
      delta(1, { id: 'a', rosterSequenceNumber: 1 }, { id: 'b', rosterSequenceNumber: 1 }),
      delta(2, { id: 'b', rosterSequenceNumber: 2, isMuted: true }, { id: 'c', rosterSequenceNumber: 2 }),
      delta(3, removed('a', 3)),
      delta(3, removed('a', 3)),
      delta(4, { id: 'a', rosterSequenceNumber: 4 }),
    ]);
    expect(rosters(events).map(changes)).toEqual(['+a +b', '+c ~b', '-a', '+a']);
    expect(rosters(events).map(ids)).toEqual([
      ['a', 'b'],
      ['a', 'b', 'c'],
      ['b', 'c'],
      ['b', 'c', 'a'],
    ]);
  });

  it('is what a plain list is in a call that asked for deltas, by its command or by Graph’s answer', () => {
    const lists = [[{ id: 'a' }], [{ id: 'b' }]];
    expect(rosters(fold(lists, { isDelta: true })).map(changes)).toEqual(['+a', '+b']);
    const answered = created(graphCallId, 1, { callOptions: { isDeltaRosterEnabled: true } });
    const notifications = lists.map((list, index) => notification(String(index), bodyOf(graphCallId, list, { below })));
    expect(rosters(foldAll([accepted(), answered, ...notifications]).events.slice(2)).map(changes)).toEqual(['+a', '+b']);
  });

  it('that comes late is told as such, moves nobody back and brings nobody back', () => {
    const events = fold([
      delta(1, { id: 'a', rosterSequenceNumber: 1 }, { id: 'b', rosterSequenceNumber: 1 }),
      delta(4, removed('b', 4), { id: 'a', rosterSequenceNumber: 4, isMuted: true }),
      delta(2, { id: 'a', rosterSequenceNumber: 2, isMuted: false }),
      delta(3, { id: 'b', rosterSequenceNumber: '3' }),
      delta(5, { id: 'c', rosterSequenceNumber: 5 }),
    ]);
    expect(wordsOf(events)).toEqual(['RosterUpdated', 'RosterUpdated', 'RosterUpdated?', 'RosterUpdated?', 'RosterUpdated']);
    expect(rosters(events).map(changes)).toEqual(['+a +b', '-b ~a', '~a', '+b', '+c']);
    expect(rosters(events).at(-1)?.participants).toEqual([
      { id: 'a', rosterSequenceNumber: 4, isMuted: true },
      { id: 'c', rosterSequenceNumber: 5 },
    ]);
  });

  it('still tells what is new in it when it comes swapped', () => {
    const events = fold([delta(2, { id: 'b', rosterSequenceNumber: 2 }), delta(1, { id: 'a', rosterSequenceNumber: 1 })]);
    expect(wordsOf(events)).toEqual(['RosterUpdated', 'RosterUpdated']);
    expect(rosters(events).map(ids)).toEqual([['b'], ['b', 'a']]);
  });
});
