import { callKindOf, mediaHostingOf, requiredRolesOf } from './call-kind.js';
import { fixture } from '../testing/fixtures.js';

describe('requiredRolesOf', () => {
  it.each([
    ['seed-ex1-request', 'peer', 'service', ['Calls.Initiate.All']],
    ['seed-ex2-request', 'peer', 'app', ['Calls.Initiate.All', 'Calls.AccessMedia.All']],
    ['seed-ex3-request', 'group', 'service', ['Calls.InitiateGroupCall.All']],
    ['seed-ex4-request', 'group', 'app', ['Calls.InitiateGroupCall.All', 'Calls.AccessMedia.All']],
    ['seed-ex5-request', 'meeting', 'service', ['Calls.JoinGroupCall.All']],
    ['seed-ex6-request', 'meeting', 'app', ['Calls.JoinGroupCall.All', 'Calls.AccessMedia.All']],
    ['seed-ex7-request', 'pstn', 'service', ['Calls.Initiate.All']],
    ['seed-ex8-request', 'pstn', 'app', ['Calls.Initiate.All', 'Calls.AccessMedia.All']],
    ['2023-ex7-request-join-id-passcode', 'meeting', 'service', ['Calls.JoinGroupCall.All']],
    ['beta-2021-ex8-guest-join-request', 'meeting', 'service', ['Calls.JoinGroupCallAsGuest.All']],
  ])('follows the document’s table for %s', (name, kind, hosting, roles) => {
    const call = fixture(`create-call/${name}`);
    expect(callKindOf(call)).toBe(kind);
    expect(mediaHostingOf(call)).toBe(hosting);
    expect(requiredRolesOf(call)).toEqual(roles);
  });

  it('is total for calls that are not valid', () => {
    for (const call of [{}, { targets: null }, { targets: [null] }, { targets: {}, meetingInfo: [] }, { mediaConfig: 7 }, []]) {
      expect(callKindOf(call)).toBe('peer');
      expect(mediaHostingOf(call)).toBe('service');
    }
  });

  it('takes a telephone among several targets for a group call, and a meeting’s coordinates before any target', () => {
    const { targets } = fixture('create-call/seed-ex7-request') as { targets: unknown[] };
    expect(callKindOf({ targets: [...targets, ...targets] })).toBe('group');
    expect(callKindOf({ targets, meetingInfo: {} })).toBe('meeting');
  });
});
