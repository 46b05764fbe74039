import { ApiError } from './api-error.js';
import type { Caller } from './caller-tokens.js';
import type { TenantsByCaller } from './caller-tenants.js';

/** Application roles of the gateway, as its app registration defines them. */
export type Role = 'Calls.Create' | 'Calls.Read' | 'Calls.End';

/** What a caller may do, and in which tenants. */
export class CallerRights {
  constructor(private readonly tenants: TenantsByCaller) {}

  /** @throws ApiError 403 */
  require(caller: Caller, role: Role): void {
    if (caller.roles.includes(role)) return;
    throw new ApiError(403, 'Forbidden', `The token lacks the role ${role}; grant it to the application ${caller.appId}.`);
  }

  /** Its own tenant, or those that GATEWAY_TENANTS lists for it. */
  mayActIn(caller: Caller, tenantId: string): boolean {
    const listed = this.tenants.get(caller.appId);
    const tenant = tenantId.toLowerCase();
    return listed === undefined ? tenant === caller.tenantId : listed.has(tenant);
  }

  /** @throws ApiError 403 */
  requireTenant(caller: Caller, tenantId: string): void {
    if (this.mayActIn(caller, tenantId)) return;
    const message = `The application ${caller.appId} may not place calls in tenant ${tenantId}; list it in GATEWAY_TENANTS.`;
    throw new ApiError(403, 'Forbidden', message);
  }
}
