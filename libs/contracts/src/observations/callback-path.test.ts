import { CallbackPaths } from './callback-path.js';

const key = (byte: number): string => Buffer.alloc(32, byte).toString('base64url');
const ADDRESS = {
  appId: '00001111-aaaa-4222-bbbb-3333cccc4444',
  tenantId: 'aaaabbbb-0000-4ccc-8ddd-2222eeee3333',
  callId: '6f9619ff-8b86-4011-b42d-00c04fc964ff',
  attempt: 12,
};

describe('a callback path', () => {
  const paths = new CallbackPaths([key(1)]);
  const path = paths.pathFor(ADDRESS);

  it('names the app, the tenant, the call and the attempt, and is read back', () => {
    expect(path).toBe(`/v1/callbacks/${ADDRESS.appId}/${ADDRESS.tenantId}/${ADDRESS.callId}/12/${path.split('/').at(-1) ?? ''}`);
    expect(paths.read(path)).toEqual(ADDRESS);
  });

  it('cannot be moved to another app, tenant, call or attempt, nor be guessed', () => {
    const other = '11111111-2222-4333-8444-555555555555';
    for (const forged of [
      path.replace(ADDRESS.appId, other),
      path.replace(ADDRESS.tenantId, other),
      path.replace(ADDRESS.callId, other),
      path.replace('/12/', '/13/'),
      path.replace('/12/', '/012/'),
      path.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A')),
      path.replace(/[^/]+$/, 'A'.repeat(43)),
      path.replace(/[^/]+$/, ''),
      `${path}/`,
      `${path}?x`,
      path.toUpperCase(),
      '/v1/callbacks',
      '',
    ]) {
      expect([forged, paths.read(forged)]).toEqual([forged, null]);
    }
  });

  it('is still read while its key is rotated out, and no longer after', () => {
    const rotating = new CallbackPaths([key(2), key(1)]);
    expect(rotating.read(path)).toEqual(ADDRESS);
    expect(rotating.pathFor(ADDRESS)).not.toBe(path);
    expect(paths.read(rotating.pathFor(ADDRESS))).toBeNull();
    expect(new CallbackPaths([key(2)]).read(path)).toBeNull();
  });

  it.each([[[]], [['']], [[Buffer.alloc(31).toString('base64url')]], [[key(1), 'short']]])('needs whole keys: %j', (keys) => {
    expect(() => new CallbackPaths(keys)).toThrow(/CALLBACK_MAC_KEYS needs/);
  });
});
