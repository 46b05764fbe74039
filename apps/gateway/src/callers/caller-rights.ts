import type { TenantsByCaller } from '@callbus/graph';
import { ApiError } from '../http/api-error.js';
import type { Caller } from './caller-tokens.js';
import { nameOf } from './callers.js';

/** Application roles of the gateway, as its app registration defines them. */
export type Role = 'Calls.Create' | 'Calls.Read' | 'Calls.End';

/** What each of them is called in the tokens of an installation. */
export type RoleNames = Readonly<Record<Role, string>>;

const OWN_NAMES: RoleNames = { 'Calls.Create': 'Calls.Create', 'Calls.Read': 'Calls.Read', 'Calls.End': 'Calls.End' };

/** What a caller may do, and in which tenants. */
export class CallerRights {
  constructor(
    private readonly tenants: TenantsByCaller,
    private readonly roleNames: RoleNames = OWN_NAMES,
  ) {}

  /** @throws ApiError 403 */
  require(caller: Caller, role: Role): void {
    const name = this.roleNames[role];
    if (caller.roles.includes(name)) return;
    throw new ApiError(403, 'Forbidden', `The token lacks the role ${name}; grant it to the application ${caller.appId}.`);
  }

  /** Its own tenant, or those that GATEWAY_TENANTS lists for it. */
  mayActIn(caller: Caller, tenantId: string): boolean {
    return this.tenantsOf(caller).includes(tenantId.toLowerCase());
  }

  tenantsOf(caller: Caller): readonly string[] {
    return this.tenants.get(nameOf(caller)) ?? [caller.tenantId];
  }

  /** @throws ApiError 403 */
  requireTenant(caller: Caller, tenantId: string): void {
    if (this.mayActIn(caller, tenantId)) return;
    const message = `The application ${caller.appId} of tenant ${caller.tenantId} may not place calls in tenant ${tenantId}; list it in GATEWAY_TENANTS as "${nameOf(caller)}".`;
    throw new ApiError(403, 'Forbidden', message);
  }
}
