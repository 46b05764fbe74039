import type { Attempt, AttemptState, Dispatch } from '@callbus/contracts';
import { ownerKey, type Owner } from './quotas.js';

interface BackOff {
  /** No create before this broker time, ms since 1970. */
  readonly untilMs: number;
  /** When Graph first asked to wait since it last decided a create, broker time. */
  readonly sinceMs: number;
  /** When Graph last asked to wait, broker time. */
  readonly askedAtMs: number;
  /** Number of creates that Graph has decided since then. */
  readonly decided: number;
}

/** Upper bound of the wait between two probes, unless Graph asks for more. */
const LONGEST_GROWN_MS = 30_000;
/** Graph took a decision, so it works again. */
const DECIDED: ReadonlySet<AttemptState> = new Set(['created', 'rejected']);
/** The states in which the last answer to an attempt is the one that may have asked to wait; what came later is a decision. */
const ASKING: ReadonlySet<AttemptState> = new Set(['refused', 'unknown']);

/**
 * How an app goes on in a tenant after Graph asked to wait (429, or 503 with Retry-After): Graph limits the app per tenant,
 * so all its calls wait as long. Then one create probes, and with every decision of Graph one more may be under way, so
 * that many waiting calls are not all refused again. A probe that is refused too lets the wait double. Everything follows from the attempts in the ledger, so all
 * dispatchers keep to it, also after a restart.
 */
export class BackOffs {
  private readonly known = new Map<string, BackOff>();

  /** @param maxWaitMs how long one request to wait holds the other calls back at most, ms */
  constructor(private readonly maxWaitMs: number) {}

  /** @param dispatches every call in the ledger, anew at each call */
  restore(dispatches: () => Iterable<Dispatch>): void {
    const throttled = new Set<string>();
    for (const { command, attempts } of dispatches()) {
      if (command !== null && attempts.some(asksToWait)) throttled.add(ownerKey(command));
    }
    const answers: { readonly key: string; readonly attempt: Attempt }[] = [];
    for (const { command, attempts } of dispatches()) {
      const key = command === null ? '' : ownerKey(command);
      if (throttled.has(key)) answers.push(...attempts.filter(isAnswer).map((attempt) => ({ key, attempt })));
    }
    answers.sort((one, other) => closedAt(one.attempt) - closedAt(other.attempt));
    for (const { key, attempt } of answers) this.take(key, attempt);
  }

  /** The ledger's listener calls it after every change of a call. */
  changed(before: Dispatch | undefined, dispatch: Dispatch): void {
    if (dispatch.command === null) return;
    const key = ownerKey(dispatch.command);
    // There may be thousands of attempts, and a record changes at most one: the others are the same objects as before. Positions
    // may shift, since attempts are dropped once the call is over.
    const known = new Set(before?.attempts);
    for (const attempt of dispatch.attempts) if (!known.has(attempt)) this.take(key, attempt);
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

  private take(key: string, attempt: Attempt): void {
    const before = this.known.get(key);
    const closedAtMs = closedAt(attempt);
    if (asksToWait(attempt)) {
      const sinceMs = before === undefined || before.decided > 0 ? closedAtMs : before.sinceMs;
      // The wait equals the time since the throttling began, so the time between two probes doubles.
      const grownMs = Math.min(closedAtMs - sinceMs, LONGEST_GROWN_MS);
      const waitMs = Math.max(Math.min(attempt.retryAtMs - closedAtMs, this.maxWaitMs), grownMs);
      const untilMs = Math.max(before?.untilMs ?? -Infinity, closedAtMs + waitMs);
      this.known.set(key, { untilMs, sinceMs, askedAtMs: Math.max(before?.askedAtMs ?? -Infinity, closedAtMs), decided: 0 });
    } else if (before !== undefined && isDecided(attempt) && closedAtMs > before.askedAtMs) {
      this.known.set(key, { ...before, decided: before.decided + 1 });
    }
  }
}

/** A 401 does not count: its attempt is repeated with a new token at once. */
function asksToWait(attempt: Attempt): attempt is Attempt & { readonly retryAtMs: number } {
  return attempt.retryAtMs !== null && ASKING.has(attempt.state) && attempt.httpStatus !== 401;
}

function isDecided({ state }: Attempt): boolean {
  return DECIDED.has(state);
}

function isAnswer(attempt: Attempt): boolean {
  return asksToWait(attempt) || isDecided(attempt);
}

function closedAt({ closedAtMs }: Attempt): number {
  return closedAtMs ?? -Infinity;
}
