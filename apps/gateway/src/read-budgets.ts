import { ApiError } from './api-error.js';
import type { Caller } from './caller-tokens.js';
import { nameOf } from './callers.js';

interface Spent {
  readonly ms: number;
  readonly atMs: number;
}

/**
 * How much of this process’s time each caller’s reads take. A list costs what its calls cost, which may be rosters of megabytes, so
 * the time is measured, not guessed. A read that has begun is finished; what it took beyond the budget delays its caller’s next one.
 */
export class ReadBudgets {
  /** In the order of the last read: who has spent nothing lately is forgotten. */
  private readonly spent = new Map<string, Spent>();

  constructor(
    /** Milliseconds that one caller may spend in a second. */
    private readonly msPerSecond: number,
    private readonly monotonicMs: () => number = () => performance.now(),
  ) {}

  /**
   * Does the work at the caller’s expense.
   * @throws ApiError 429 while what the caller has spent is not paid off
   */
  spend<T>(caller: Caller, work: () => T): T {
    const name = nameOf(caller);
    const begunAtMs = this.monotonicMs();
    const beforeMs = this.left(this.spent.get(name), begunAtMs);
    if (beforeMs >= this.msPerSecond) throw this.refusal(beforeMs);
    try {
      return work();
    } finally {
      const atMs = this.monotonicMs();
      this.spent.delete(name);
      this.spent.set(name, { ms: beforeMs + atMs - begunAtMs, atMs });
      this.forget(atMs);
    }
  }

  /** Callers that have something to pay off. */
  get size(): number {
    return this.spent.size;
  }

  /** @returns milliseconds that are not paid off yet */
  private left(spent: Spent | undefined, nowMs: number): number {
    if (spent === undefined) return 0;
    return Math.max(0, spent.ms - ((nowMs - spent.atMs) * this.msPerSecond) / 1_000);
  }

  private forget(nowMs: number): void {
    for (const [name, spent] of this.spent) {
      if (this.left(spent, nowMs) > 0) return;
      this.spent.delete(name);
    }
  }

  private refusal(spentMs: number): ApiError {
    const seconds = Math.max(1, Math.ceil((spentMs - this.msPerSecond) / this.msPerSecond));
    const message = `Reading calls takes at most ${String(this.msPerSecond)} ms of a second for one caller. Try again after Retry-After, with a smaller $top or a $filter.`;
    return new ApiError(429, 'TooManyRequests', message, { headers: { 'retry-after': String(seconds) } });
  }
}
