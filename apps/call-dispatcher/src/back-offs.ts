import type { Attempt, AttemptState, Dispatch } from '@callbus/contracts';
import { ownerKey, type Owner } from './quotas.js';

interface BackOff {
  /** No create before this broker time, ms since 1970. */
  readonly untilMs: number;
  /** When Graph last asked to wait, broker time. */
  readonly askedAtMs: number;
  /** Number of creates that Graph has decided since then. */
  readonly decided: number;
}

/** States in which Graph decided the create: proof that it no longer throttles the app. */
const DECIDED: ReadonlySet<AttemptState> = new Set(['created', 'rejected']);

/**
 * The back-off of an app in a tenant after Graph asked to wait (429, or 503 with Retry-After). Graph limits the app per
 * tenant, so all its calls there wait. Then one create probes, and each create that Graph decides allows one more in flight,
 * so that Graph does not refuse all waiting calls again. The back-off is computed from the attempts in the ledger, so all
 * dispatchers agree on it, also after a restart.
 */
export class BackOffs {
  private readonly known = new Map<string, BackOff>();

  /** @param dispatches returns a fresh iterator over every call in the ledger each time */
  restore(dispatches: () => Iterable<Dispatch>): void {
    // An answer counts only after the last request to wait, so those come first.
    for (const dispatch of dispatches()) this.take(dispatch, dispatch.attempts.filter(asksToWait));
    for (const dispatch of dispatches()) this.take(dispatch, dispatch.attempts.filter(isDecided));
  }

  /** The ledger's listener calls it after every change of a call. */
  changed(before: Dispatch | undefined, dispatch: Dispatch): void {
    const isNews = ({ attempt, closedAtMs }: Attempt): boolean =>
      closedAtMs !== before?.attempts.find((one) => one.attempt === attempt)?.closedAtMs;
    this.take(dispatch, dispatch.attempts.filter(isNews));
  }

  /** Milliseconds until the owner may dial again; 0 when it may. */
  waitMs(owner: Owner, nowMs: number): number {
    return Math.max(0, (this.known.get(ownerKey(owner))?.untilMs ?? -Infinity) - nowMs);
  }

  /** How many calls of the owner may be dialled at once. */
  window(owner: Owner): number {
    const backOff = this.known.get(ownerKey(owner));
    return backOff === undefined ? Infinity : 1 + backOff.decided;
  }

  /** The longest time, ms, that an owner has to wait; 0 when none has to. */
  longestWaitMs(nowMs: number): number {
    return Math.max(0, ...[...this.known.values()].map(({ untilMs }) => untilMs - nowMs));
  }

  private take({ command }: Dispatch, attempts: readonly Attempt[]): void {
    if (command === null) return;
    const key = ownerKey(command);
    for (const attempt of attempts) {
      const before = this.known.get(key);
      const closedAtMs = attempt.closedAtMs ?? -Infinity;
      if (asksToWait(attempt)) {
        const untilMs = Math.max(before?.untilMs ?? -Infinity, attempt.retryAtMs);
        this.known.set(key, { untilMs, askedAtMs: Math.max(before?.askedAtMs ?? -Infinity, closedAtMs), decided: 0 });
      } else if (before !== undefined && isDecided(attempt) && closedAtMs > before.askedAtMs) {
        this.known.set(key, { ...before, decided: before.decided + 1 });
      }
    }
  }
}

/** A 401 does not count: its attempt is repeated with a new token at once. */
function asksToWait(attempt: Attempt): attempt is Attempt & { readonly retryAtMs: number } {
  return attempt.retryAtMs !== null && attempt.httpStatus !== 401;
}

function isDecided({ state }: Attempt): boolean {
  return DECIDED.has(state);
}
