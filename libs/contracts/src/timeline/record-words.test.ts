import { ParticipantNames } from './participant-names.js';
import { recordWords, type RecordContent } from './record-words.js';

const event = (type: string, data: RecordContent['data']): RecordContent => ({ topic: 'events', type, data });
const named = (names: ParticipantNames, record: RecordContent) => recordWords(record, names);
const john = {
  id: 'p-1',
  info: { identity: { '@odata.type': '#microsoft.graph.identitySet', user: { id: 'u-1', displayName: 'John' } } },
};
const bob = { id: 'p-2', info: { identity: { user: { id: 'u-2', displayName: 'Bob' } } } };

const MEMBERS = [
  'command',
  'faults',
  'error',
  'operation',
  'resultInfo',
  'toneInfo',
  'mediaState',
  'participants',
  'joined',
  'body',
];

describe('recordWords', () => {
  it('tells a change of state with media, result and whether it is the last', () => {
    const words = named(
      new ParticipantNames(),
      event('CallStateChanged', {
        previousState: 'established',
        state: 'terminated',
        mediaState: { audio: 'inactive' },
        resultInfo: { code: 200, subcode: 4521, meaning: 'the other side ended the call' },
        final: true,
      }),
    );
    expect(words).toContain('established → terminated');
    expect(words).toContain('audio inactive, 200/4521 the other side ended the call, final');
  });

  it('names participants, also one that has left', () => {
    const names = new ParticipantNames();
    expect(named(names, event('RosterUpdated', { participants: [john, bob], joined: ['p-1', 'p-2'], left: [] }))).toContain(
      'John, Bob (joined: John, Bob)',
    );
    expect(named(names, event('RosterUpdated', { participants: [john], joined: [], left: ['p-2'] }))).toContain(
      'John (left: Bob)',
    );
    expect(named(names, event('RosterUpdated', { participants: [], left: ['p-1'] }))).toContain('nobody (left: John)');
  });

  it('counts the names where there are many, and those that were cut', () => {
    const participants = Array.from({ length: 9 }, (_one, index) => ({ id: `p-${index}` }));
    const joined = participants.map(({ id }) => id);
    expect(named(new ParticipantNames(), event('RosterUpdated', { participants, joined, left: [], truncated: 3 }))).toContain(
      '9 participants (joined: 9 participants), 3 more',
    );
  });

  it.each([
    [
      'CallOperationUpdated',
      {
        operation: {
          '@odata.type': '#microsoft.graph.recordOperation',
          status: 'Failed',
          resultInfo: { code: 400, subcode: 8508, meaning: 'the operation was cancelled' },
        },
        late: true,
      },
      'record Failed 400/8508 the operation was cancelled, late',
    ],
    ['CallOperationUpdated', { operation: { status: 7, resultInfo: 'odd' } }, '7'],
    ['CallToneReceived', { toneInfo: { sequenceId: 1, tone: 'tone1' } }, 'tone1'],
    ['ContentSharingChanged', { changeType: 'created', contentSharingSessions: [{ id: 's' }] }, 'created'],
    ['RosterUpdated', { participants: [{ id: 7, info: { identity: { user: { id: 7, displayName: {} } } } }] }, 'participant'],
  ])('says what else Graph tells of a call: %s %j', (type, data, shown) => {
    expect(named(new ParticipantNames(), event(type, data))).toContain(shown);
  });

  it('says why a call failed', () => {
    const error = { httpStatus: 403, code: '7504', message: 'Insufficient permissions' };
    expect(named(new ParticipantNames(), event('CallCreationFailed', { reason: 'rejected', error }))).toContain(
      'rejected, 403 7504 Insufficient permissions',
    );
  });

  it('names nobody and shows no pressed key where the names are not given', () => {
    expect(recordWords(event('RosterUpdated', { participants: [john, bob], joined: ['p-1'], left: [] }))).toBe(
      '2 participants, 1 joined, 0 left',
    );
    expect(recordWords(event('CallToneReceived', { toneInfo: { tone: 'tone1' } }))).toBe('');
  });

  it.each(['commands', 'dispatch-ledger', 'observations', 'events'])(
    'takes anything in %s: poison is no reason to stop',
    (topic) => {
      const types = ['Accepted', 'Invalid', 'Created', 'Refused', 'Released', 'CallCreated', 'RosterUpdated', 'CallStateChanged'];
      const odd = [7, 'odd', null, [null], { participants: [null] }];
      for (const type of [...types, 'CallOperationUpdated', 'CallCreationFailed', 'CallToneReceived']) {
        for (const value of odd) {
          const data = Object.fromEntries(MEMBERS.map((name) => [name, value]));
          expect(typeof recordWords({ topic, type, data }, new ParticipantNames())).toBe('string');
        }
      }
    },
  );
});
