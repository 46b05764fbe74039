import { callResourcePath, sameGraphId, type CommsNotifications } from './notifications.js';
import { fixture, fixturesOf } from '../testing/fixtures.js';

describe('callResourcePath', () => {
  it.each([
    ['/communications/calls/57dab8b1-894c-409a-b240-bd8beae78896', '57dab8b1-894c-409a-b240-bd8beae78896', []],
    ['/app/calls/57DAB8B1894C409AB240BD8BEAE78896', '57DAB8B1894C409AB240BD8BEAE78896', []],
    ['communications/calls/a-1/participants', 'a-1', ['participants']],
    ['calls/a-1//operations/b-2/', 'a-1', ['operations', 'b-2']],
    ['https://graph.microsoft.com/v1.0/communications/calls/a-1/operations/b-2?x=1', 'a-1', ['operations', 'b-2']],
    ['/communications/calls/a-1?x=/participants', 'a-1', []],
    ["/communications/calls('a-1')", 'a-1', []],
    ["https://graph.microsoft.com/v1.0/communications/calls('A-1')/operations('b-2')", 'A-1', ['operations', 'b-2']],
  ])('%j', (resource, callId, below) => {
    expect(callResourcePath(resource)).toEqual({ callId, below });
  });

  it.each([
    '/communications/calls/',
    '/communications/calls/../../users',
    '/communications/calls/a\r\nb',
    "/calls('a-1",
    "/calls('')",
    '/recalls/a-1',
    '',
  ])('names no call: %j', (resource) => {
    expect(callResourcePath(resource)).toBeNull();
  });

  it('finds the call in every sample that is in Graph’s own form', () => {
    for (const path of fixturesOf('notifications').filter((name) => !name.includes('legacy-skype'))) {
      for (const item of (fixture(path) as CommsNotifications).value ?? []) {
        expect({ path, ...callResourcePath(item.resourceUrl ?? item.resource ?? '') }).toMatchObject({
          path,
          callId: expect.any(String) as string,
        });
      }
    }
  });
});

describe('sameGraphId', () => {
  it('ignores case and dashes, and nothing else', () => {
    expect(sameGraphId('57DAB8B1894C409AB240BD8BEAE78896', '57dab8b1-894c-409a-b240-bd8beae78896')).toBe(true);
    expect(sameGraphId('57dab8b1-894c-409a-b240-bd8beae78896', '57dab8b1-894c-409a-b240-bd8beae78897')).toBe(false);
  });
});
