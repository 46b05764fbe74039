import { CallerRights } from './caller-rights.js';
import { readTenantsByCaller } from './caller-tenants.js';

const HOME = 'aaaabbbb-0000-4ccc-8ddd-2222eeee3333';
const OTHER = '11111111-2222-4333-8444-555555555555';
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

  it('reach to the listed tenants and no further', () => {
    const rights = new CallerRights(readTenantsByCaller({ [caller.appId.toUpperCase()]: [OTHER.toUpperCase()] }) ?? new Map());
    expect(rights.mayActIn(caller, OTHER)).toBe(true);
    expect(rights.mayActIn(caller, HOME)).toBe(false);
  });

  it.each([[null], [[]], ['x'], [{ a: 'x' }], [{ a: [1] }]])('are not read from %j', (value) => {
    expect(readTenantsByCaller(value)).toBeNull();
  });
});
