import { displayName } from './participant-names.js';

const john = {
  id: 'p-1',
  info: { identity: { '@odata.type': '#microsoft.graph.identitySet', user: { id: 'u-1', displayName: 'John' } } },
};

describe('displayName', () => {
  it.each([
    [john, 'John'],
    [{ id: 'p', info: { identity: { user: null, phone: { id: '+12345678901' } } } }, 'phone +1234567'],
    [
      { id: 'participant-9', info: { identity: { application: { id: 'abcdefghijk', displayName: null } } } },
      'application abcdefgh',
    ],
    [{ id: 'participant-9', info: null }, 'participant particip'],
    [{}, 'participant '],
  ])('of %j is %s', (participant, name) => {
    expect(displayName(participant)).toBe(name);
  });
});
