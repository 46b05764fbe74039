import { callIdFor, eventId, formatSequence, isCallId, readCallId } from './call-id.js';

const TENANT_ID = 'aaaabbbb-0000-4ccc-8ddd-2222eeee3333';
const APP_ID = '00001111-aaaa-4222-bbbb-3333cccc4444';

describe('a callId', () => {
  it('is the same for the same tenant, caller and key, in every release', () => {
    // Pinned: another rule or namespace would dial again for a request that is repeated over an upgrade.
    expect(callIdFor(TENANT_ID, APP_ID, 'order-4711')).toBe('11a6e75e-00db-5ef7-a460-ae1e3f542748');
    const others = [
      callIdFor(APP_ID, APP_ID, 'order-4711'),
      callIdFor(TENANT_ID, TENANT_ID, 'order-4711'),
      callIdFor(TENANT_ID, APP_ID, 'order-4712'),
      callIdFor(TENANT_ID, APP_ID, ''),
      callIdFor(TENANT_ID, APP_ID, null),
      callIdFor(TENANT_ID, APP_ID, null),
    ];
    expect(new Set([...others, callIdFor(TENANT_ID, APP_ID, 'order-4711')]).size).toBe(7);
    expect(others.every(isCallId)).toBe(true);
  });

  it('is a UUID in lower case with dashes and nothing else', () => {
    for (const text of ['', 'x', TENANT_ID.toUpperCase(), TENANT_ID.replaceAll('-', ''), `{${TENANT_ID}}`, `${TENANT_ID}\n`])
      expect([text, isCallId(text)]).toEqual([text, false]);
  });
});

describe('a callId as people write it', () => {
  it('is read in any case, without dashes, in braces and between blanks', () => {
    const upper = TENANT_ID.toUpperCase();
    for (const text of [TENANT_ID, upper, TENANT_ID.replaceAll('-', ''), `{${upper}}`, ` ${TENANT_ID}\n`])
      expect(readCallId(text)).toBe(TENANT_ID);
  });

  it('is a UUID', () => {
    for (const text of ['', 'x', `${TENANT_ID}0`, TENANT_ID.slice(1), `8:orgid:${TENANT_ID}`, `${TENANT_ID}/events`])
      expect([text, readCallId(text)]).toEqual([text, null]);
  });
});

describe('an event’s id and sequence', () => {
  it('follow from the call and the number', () => {
    expect(eventId('6f9619ff-8b86-4011-b42d-00c04fc964ff', '0000000002')).toBe('fdf9b56f-3006-55e0-b497-4683e90804cd');
    const texts = [1, 2, 9, 10, 99, 100, 4_294_967_296].map(formatSequence);
    expect(texts.toSorted()).toEqual(texts);
    expect(texts[0]).toBe('0000000001');
  });
});
