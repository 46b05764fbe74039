import { requestHash } from './request-hash.js';

const REQUEST = {
  appId: '00001111-aaaa-4222-bbbb-3333cccc4444',
  tenantId: 'aaaabbbb-0000-4ccc-8ddd-2222eeee3333',
  call: { '@odata.type': '#microsoft.graph.call', subject: 'Zürich', targets: [{ a: 1, b: null }], callbackUri: 'https://a' },
};

describe('the request hash', () => {
  it('is pinned and says its version', () => {
    expect(requestHash(REQUEST)).toBe('1:7dde366c75fd005e8a68df5851f135941444c3865ae5f2652c8b5d2b93fa95e6');
  });

  it('is the same whatever the order of members, the case of ids, the callbackUri and what Graph ignores', () => {
    const { call, ...ids } = REQUEST;
    expect(
      requestHash({
        call: {
          state: 'incoming',
          id: 'x',
          callbackUri: 'https://b',
          targets: [{ b: null, a: 1.0 }],
          subject: 'Z\u00fcrich',
          '@odata.type': call['@odata.type'],
        },
        tenantId: ids.tenantId.toUpperCase(),
        appId: ids.appId.toUpperCase(),
      }),
    ).toBe(requestHash(REQUEST));
  });

  it('differs for another app, tenant or call', () => {
    const hashes = [
      REQUEST,
      { ...REQUEST, appId: REQUEST.tenantId },
      { ...REQUEST, tenantId: REQUEST.appId },
      { ...REQUEST, call: { ...REQUEST.call, subject: 'Zurich' } },
      {
        ...REQUEST,
        call: {
          ...REQUEST.call,
          targets: [
            { a: 1, b: null },
            { a: 1, b: null },
          ],
        },
      },
      { ...REQUEST, call: { ...REQUEST.call, targets: [{ a: 1 }] } },
    ].map(requestHash);
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});
