import { callIdOfResource, sameGraphId, type CommsNotifications } from './notifications.js';
import { fixture, fixturesOf } from './testing/fixtures.js';

describe('callIdOfResource', () => {
  it.each([
    ['/communications/calls/57dab8b1-894c-409a-b240-bd8beae78896', '57dab8b1-894c-409a-b240-bd8beae78896'],
    ['/app/calls/57DAB8B1894C409AB240BD8BEAE78896', '57DAB8B1894C409AB240BD8BEAE78896'],
    ['communications/calls/a-1/participants', 'a-1'],
    ['calls/a-1', 'a-1'],
    ['https://graph.microsoft.com/v1.0/communications/calls/a-1/operations/b-2?x=1', 'a-1'],
    ['/communications/calls/', null],
    ['/communications/calls/../../users', null],
    ['/communications/calls/a\r\nb', null],
    ['/recalls/a-1', null],
    ['', null],
  ])('%j', (resource, id) => {
    expect(callIdOfResource(resource)).toBe(id);
  });

  it('finds the call in every sample that is in Graph’s own form', () => {
    for (const path of fixturesOf('notifications').filter((name) => !name.includes('legacy-skype'))) {
      for (const item of (fixture(path) as CommsNotifications).value ?? []) {
        expect({ path, id: callIdOfResource(item.resourceUrl ?? item.resource ?? '') }).toEqual({
          path,
          id: expect.any(String) as string,
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
