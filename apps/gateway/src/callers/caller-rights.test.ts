import { readTenantsByCaller } from '@callbus/graph';
import { CallerRights } from './caller-rights.js';

const HOME = 'aaaabbbb-0000-4ccc-8ddd-2222eeee3333';
const OTHER = '11111111-2222-4333-8444-555555555555';
const FOREIGN = '99999999-2222-4333-8444-555555555555';
const caller = { appId: '00001111-aaaa-4222-bbbb-3333cccc4444', tenantId: HOME, roles: ['Calls.Create'] };

describe('a caller’s rights', () => {
  it('are the roles of its token', () => {
    const rights = new CallerRights(new Map());
    expect(() => {
      rights.require(caller, 'Calls.Create');
    }).not.toThrow();
    for (const role of ['Calls.Read', 'Calls.End'] as const) {
      expect(() => {
        rights.require(caller, role);
      }).toThrow(expect.objectContaining({ status: 403, message: expect.stringContaining(role) }));
    }
  });

  it('are called what the installation calls them', () => {
    const names = { 'Calls.Create': 'callbus.place', 'Calls.Read': 'callbus.read', 'Calls.End': 'callbus.end' };
    const rights = new CallerRights(new Map(), names);
    expect(() => {
      rights.require({ ...caller, roles: ['callbus.place'] }, 'Calls.Create');
    }).not.toThrow();
    expect(() => {
      rights.require(caller, 'Calls.Create');
    }).toThrow(expect.objectContaining({ status: 403, message: expect.stringContaining('callbus.place') }));
  });

  it('reach to its own tenant, if nothing else is listed', () => {
    const rights = new CallerRights(new Map());
    expect(rights.mayActIn(caller, HOME.toUpperCase())).toBe(true);
    expect(() => {
      rights.requireTenant(caller, OTHER);
    }).toThrow(expect.objectContaining({ status: 403, message: expect.stringContaining('GATEWAY_TENANTS') }));
  });

  it('reach to the tenants that are listed for its application in its tenant, and no further', () => {
    const listed = readTenantsByCaller({ [`${HOME}/${caller.appId}`.toUpperCase()]: [OTHER.toUpperCase()] });
    const rights = new CallerRights(listed);
    expect(rights.mayActIn(caller, OTHER)).toBe(true);
    expect(rights.mayActIn(caller, HOME)).toBe(false);
  });

  it('are not those of the same application in another tenant', () => {
    const rights = new CallerRights(readTenantsByCaller({ [`${HOME}/${caller.appId}`]: [HOME, OTHER] }));
    const namesake = { ...caller, tenantId: FOREIGN };
    expect([HOME, OTHER, FOREIGN].filter((tenantId) => rights.mayActIn(namesake, tenantId))).toEqual([FOREIGN]);
    expect(() => {
      rights.requireTenant(namesake, OTHER);
    }).toThrow(expect.objectContaining({ status: 403, message: expect.stringContaining(`"${FOREIGN}/${caller.appId}"`) }));
  });
});
