import { ApiError } from '../http/api-error.js';
import type { Caller } from './caller-tokens.js';
import { nameOf } from './callers.js';

interface Spent {
  readonly ms: number;
  readonly atMs: number;
}

/**
 * The time of this process that each caller’s reads take. The cost of a list depends on its calls, which may have rosters of
 * megabytes, so the time is measured. A read that has begun is finished; its excess over the budget delays the caller’s next read.
 */
export class ReadBudgets {
  /** In the order of the last read. A caller without recent reads is removed. */
  private readonly spent = new Map<string, Spent>();

  constructor(
    /** Milliseconds that one caller may spend in a second. */
    private readonly msPerSecond: number,
    private readonly monotonicMs: () => number = () => performance.now(),
  ) {}

  /**
   * Does the work and charges its time to the caller.
   * @throws ApiError 429 while the caller’s earlier reads are not paid off
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

  /** Number of callers whose reads are not paid off. */
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
    const message = `One caller’s reads of calls may take at most ${String(this.msPerSecond)} ms of each second. Try again after Retry-After, with a smaller $top or a $filter.`;
    return new ApiError(429, 'TooManyRequests', message, { headers: { 'retry-after': String(seconds) } });
  }
}
