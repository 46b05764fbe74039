import type { CallKind } from '@callbus/graph';
import type { CreatedCall } from '../calls/call-response.js';
import { callTerminated, callTerminating, callUpdated, rosterUpdated } from './notification-bodies.js';
import { firstRoster } from '../calls/roster.js';
import { exampleRequest, sample } from '../testing/samples.js';
import { memberAt, textAt, type Json } from '../calls/graph-call.js';

function callLike(notification: Json, example: number, kind: CallKind): CreatedCall {
  const resource = textAt(memberAt(notification, 'value', '0') ?? firstOf(notification), 'resourceUrl') ?? '';
  return {
    request: exampleRequest(example),
    id: resource.split('/')[3] ?? '',
    kind,
    callChainId: 'chain',
    myParticipantId: '05491616-385f-44a8-9974-18cc5f9933c1',
    tenantId: 't',
    appId: '2891555a-92ff-42e6-80fa-6e1300c6b5c6',
    appName: 'Calling Bot',
  };
}

function firstOf(notification: Json): Json {
  return (notification['value'] as Json[])[0]!;
}

describe('notification bodies', () => {
  it.each([
    ['establishing', 1, 'peer'],
    ['established', 1, 'peer'],
  ] as const)('tell of %s as the page prints it for example %d', (state, example, kind) => {
    const printed = sample(`notifications/seed-ex${example}-${state}`);
    expect(callUpdated(callLike(printed, example, kind), state)).toEqual(printed);
  });

  it.each(['establishing', 'established'] as const)('tell of %s in a meeting as the page prints it', (state) => {
    const printed = sample(`notifications/seed-ex5-${state}`);
    const call = callLike(printed, 5, 'meeting');
    // The printed organiser lacks the tenant that the request names.
    expect(callUpdated(call, state)).toMatchObject(printed);
  });

  it('tell of the end as the page of Delete call prints it', () => {
    const terminating = sample('notifications/v10-call-delete-terminating');
    expect(callTerminating(callLike(terminating, 1, 'peer'))).toEqual(terminating);
    const terminated = sample('notifications/v10-2023-call-delete-terminated-string-codes');
    // Only the page writes the codes as text.
    const numbers = JSON.parse(JSON.stringify(terminated).replace('"200"', '200').replace('"5001"', '5001')) as object;
    const result = { code: 200, subcode: 5001, message: 'The conversation has ended.' };
    expect(callTerminated(callLike(terminated, 1, 'peer'), result)).toEqual(numbers);
  });

  it('list in a roster who called and the organiser, each with the members that the page prints', () => {
    const printed = sample('notifications/seed-ex5-roster');
    const call = callLike(printed, 5, 'meeting');
    const body = rosterUpdated(
      call,
      firstRoster(call, () => 'new'),
    );
    expect(Object.keys(firstOf(body)).sort()).toEqual(Object.keys(firstOf(printed)).sort());
    expect(firstOf(body)['resourceUrl']).toBe(firstOf(printed)['resourceUrl']);
    const [organiser, bot] = firstOf(body)['resourceData'] as Json[];
    const [, printedBot] = firstOf(printed)['resourceData'] as Json[];
    expect(organiser).toMatchObject({ isInLobby: false, info: { identity: { user: { displayName: 'Bob' } } } });
    expect(Object.keys(bot!).sort()).toEqual(Object.keys(printedBot!).sort());
    expect(bot).toMatchObject({ id: printedBot!['id'], info: { identity: memberAt(printedBot, 'info', 'identity') } });
  });

  it('list the targets of a group call, and leave a guest in the lobby', () => {
    const group = callLike(sample('notifications/seed-ex5-roster'), 3, 'group');
    const names = firstRoster(group, () => 'new').map(({ identity }) => textAt(identity, 'user', 'displayName') ?? 'app');
    expect(names).toEqual(['user1', 'user2', 'app']);
    const guest = { ...group, kind: 'meeting' as const, request: sample('create-call/beta-2021-ex8-guest-join-request') };
    expect(firstRoster(guest, () => 'new').map(({ isInLobby }) => isInLobby)).toEqual([false, true]);
  });

  it('tell of active audio by a further established', () => {
    const body = callUpdated(callLike(sample('notifications/seed-ex1-established'), 1, 'peer'), 'established', {
      audio: 'active',
    });
    expect(firstOf(body)['resourceData']).toMatchObject({ state: 'established', mediaState: { audio: 'active' } });
  });
});
