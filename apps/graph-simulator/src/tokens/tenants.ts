import { Injectable } from '@nestjs/common';
import type { RegisteredApp } from './registered-apps.js';

/** What was consented to in tenants where that is not what the app's registration asks for. */
@Injectable()
export class Tenants {
  private readonly consented = new Map<string, readonly string[]>();

  setRoles(tenantId: string, roles: readonly string[]): void {
    this.consented.set(tenantId.toLowerCase(), roles);
  }

  /** The roles that a bot's token for Graph carries. */
  rolesOf(app: RegisteredApp, tenantId: string): readonly string[] {
    return this.consented.get(tenantId.toLowerCase()) ?? app.roles;
  }
}
