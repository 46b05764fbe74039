import { faultOfTenantsByCaller, readTenantsByCaller } from './caller-tenants.js';

const HOME = 'aaaabbbb-0000-4ccc-8ddd-2222eeee3333';
const OTHER = '11111111-2222-4333-8444-555555555555';
const APP = '00001111-aaaa-4222-bbbb-3333cccc4444';

describe('the tenants of callers', () => {
  it('are read in lower case, each once', () => {
    const value = { [`${HOME}/${APP}`.toUpperCase()]: [OTHER, OTHER.toUpperCase()] };
    expect(faultOfTenantsByCaller(value)).toBeNull();
    expect([...readTenantsByCaller(value)]).toEqual([[`${HOME}/${APP}`, [OTHER]]]);
    expect(faultOfTenantsByCaller({})).toBeNull();
  });

  it('are refused for a caller without its tenant, with the way to write it', () => {
    expect(faultOfTenantsByCaller({ [APP]: [OTHER] })).toContain(`{"<tenant id>/${APP}": ["${OTHER}"]}`);
  });

  it.each([
    [null],
    [[]],
    ['x'],
    [{ [`${HOME}/${APP}`]: OTHER }],
    [{ [`${HOME}/${APP}`]: [1] }],
    [{ [`${HOME}/${APP}`]: ['contoso.com'] }],
    [{ [`${HOME}/${APP}/x`]: [OTHER] }],
    [{ [`*/${APP}`]: [OTHER] }],
  ])('are not read from %j', (value) => {
    expect(faultOfTenantsByCaller(value)).toContain('"<tenant id of the caller’s tokens>/<application id>"');
  });
});
