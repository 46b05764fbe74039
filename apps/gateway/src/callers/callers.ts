import type { Caller } from './caller-tokens.js';

/** Who makes each request, as was proven before its body was read. */
export class Callers {
  private readonly known = new WeakMap<object, Caller>();

  set(request: object, caller: Caller): void {
    this.known.set(request, caller);
  }

  /** @throws Error for a request that was let through without a token, which must not be */
  of(request: object): Caller {
    const caller = this.known.get(request);
    if (caller === undefined) throw new Error('a request came past the check of its token');
    return caller;
  }
}

/** Identifies a caller, as the keys of GATEWAY_TENANTS do. The same application in another tenant is another caller. */
export function nameOf({ tenantId, appId }: Caller): string {
  return `${tenantId}/${appId}`;
}
