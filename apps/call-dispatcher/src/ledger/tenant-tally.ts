export interface TallyLimits {
  readonly perTenant: number;
  readonly inAll: number;
}

/** A sum per tenant and over all tenants, such as bytes or entries in this process's memory. */
export class TenantTally {
  private readonly ofTenant = new Map<string, number>();
  private sum = 0;

  /** @param change negative to take away */
  add(tenantId: string, change: number): void {
    const amount = (this.ofTenant.get(tenantId) ?? 0) + change;
    if (amount > 0) this.ofTenant.set(tenantId, amount);
    else this.ofTenant.delete(tenantId);
    this.sum += change;
  }

  of(tenantId: string): number {
    return this.ofTenant.get(tenantId) ?? 0;
  }

  inAll(): number {
    return this.sum;
  }

  /** The largest that a tenant has. */
  largest(): number {
    return Math.max(0, ...this.ofTenant.values());
  }

  /** @returns the limit that adding this amount would exceed; null when none */
  exceeded(tenantId: string, more: number, limits: TallyLimits): keyof TallyLimits | null {
    if (this.of(tenantId) + more > limits.perTenant) return 'perTenant';
    return this.sum + more > limits.inAll ? 'inAll' : null;
  }
}
