import { readNotifications } from './read-notifications.js';
import { bodyOf } from '../testing/observations.js';

const read = (body: unknown) => readNotifications(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
const kinds = (body: unknown): string[] => read(body).map(({ kind }) => kind);
const reasons = (body: unknown): unknown[] =>
  read(body).flatMap((change) => (change.kind === 'unknown' || change.kind === 'unreadable' ? [change.why] : []));
const item = (resourceUrl: unknown, resourceData: unknown = { state: 'established' }): object => ({
  changeType: 'updated',
  resourceUrl,
  resourceData,
});

describe('readNotifications', () => {
  it('takes a collection, a single notification in its place, and notifications without one', () => {
    const one = item('/communications/calls/a');
    expect(kinds({ value: [one, one] })).toEqual(['call', 'call']);
    expect(kinds({ value: one })).toEqual(['call']);
    expect(kinds(one)).toEqual(['call']);
    expect(kinds([one, one])).toEqual(['call', 'call']);
  });

  it('takes one resource or a list of them', () => {
    expect(kinds(bodyOf('a', [{ state: 'established' }, { state: 'hold' }]))).toEqual(['call', 'call']);
    expect(kinds(bodyOf('a', [{ id: 'o' }, { id: 'p' }], { below: '/operations' }))).toEqual(['operation', 'operation']);
  });

  it('takes the older path where the newer one is absent or names no call', () => {
    expect(kinds({ value: [{ ...item(undefined), resource: '/app/calls/a' }] })).toEqual(['call']);
    expect(kinds({ value: [{ ...item('/users/x'), resource: 'app/calls/a/participants', resourceData: [] }] })).toEqual([
      'roster',
    ]);
  });

  it('tells the roster of an invitation from its operation', () => {
    const below = '/operations/participants';
    expect(kinds(bodyOf('a', [{ '@odata.type': '#microsoft.graph.participant' }], { below }))).toEqual(['roster']);
    expect(kinds(bodyOf('a', { '@odata.type': '#microsoft.graph.inviteParticipantsOperation' }, { below }))).toEqual([
      'operation',
    ]);
  });

  it.each([
    ['', null],
    ['{"value":', 'the body cannot be read: The value cannot be read: bad JSON.'],
    ['['.repeat(101), 'the body cannot be read: The value nests deeper than 100 levels.'],
    [null, 'the body holds no notification'],
    [{ value: [] }, 'the body holds no notification'],
    [[], 'the body holds no notification'],
    ['text', 'the body cannot be read: The value cannot be read: bad JSON.'],
    [
      { callState: 'incoming' },
      'the body is of the Skype protocol that came before Graph’s: it has a callState and no notification',
    ],
    [{ value: [7] }, 'a notification is not an object'],
    [{ value: [item(null)] }, 'a notification names no call in resourceUrl or resource'],
    [{ value: [item('/communications/onlineMeetings/a')] }, 'a notification names no call in resourceUrl or resource'],
    [bodyOf('a', undefined), 'a notification says nothing of its call'],
    [bodyOf('a', 5), 'resourceData holds something that is not an object'],
    [bodyOf('a', undefined, { below: '/participants' }), 'a notification of participants names none'],
    [bodyOf('a', [null], { below: '/participants' }), 'resourceData holds something that is not an object'],
    [bodyOf('a', undefined, { below: '/operations/o' }), 'a notification says nothing of its operation'],
    [bodyOf('a', undefined, { below: '/contentSharingSessions' }), 'a notification of content sharing names no session'],
    [bodyOf('a', {}, { below: '/audioRoutingGroups/g' }), 'nobody knows what a notification of «audioRoutingGroups» means'],
    [bodyOf('a', {}, { below: '/participants/p' }), 'nobody knows what a notification of «participants» means'],
    [bodyOf('a', {}, { below: '/%00' }), 'nobody knows what a notification of something without a proper name means'],
    [
      bodyOf('a', { '@odata.type': '#microsoft.graph.participantJoiningNotification' }),
      'nobody expects «participantjoiningnotification» under this resource path',
    ],
  ])('says why nobody can handle %j', (body, why) => {
    expect(reasons(body)).toEqual([why]);
  });

  it('reads what it can of a list, and puts aside the rest', () => {
    expect(kinds(bodyOf('a', [{ id: 'p' }, 7], { below: '/participants' }))).toEqual(['roster', 'unknown']);
  });

  it('reads a thousand notifications of one body, and says how many there were beyond', () => {
    const body = { value: Array.from({ length: 1_003 }, () => item('/communications/calls/a')) };
    expect(kinds(body)).toHaveLength(1_001);
    expect(reasons(body)).toEqual(['one body holds 3 notifications too many']);
  });

  it('reads numbers as they are when they were written and read again', () => {
    const body = '{"value":[{"resourceUrl":"calls/a","resourceData":{"state":"established","x":[-0,1e999]}}]}';
    expect(read(body)).toMatchObject([{ report: { others: { x: [0, null] } } }]);
  });
});
