import type { AuthenticCallback } from './authenticate-callback.js';

/** What was proven of each request while its body was not read yet. */
export class AuthenticCallbacks {
  private readonly known = new WeakMap<object, AuthenticCallback>();

  set(request: object, callback: AuthenticCallback): void {
    this.known.set(request, callback);
  }

  /** @throws Error for a request that was let through without a proof, which must not be */
  of(request: object): AuthenticCallback {
    const callback = this.known.get(request);
    if (callback === undefined) throw new Error('a callback came past the check of its address and token');
    return callback;
  }
}
