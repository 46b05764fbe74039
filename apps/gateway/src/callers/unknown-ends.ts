import { tooManyRequests } from '../http/api-error.js';
import type { Caller } from './caller-tokens.js';
import { nameOf } from './callers.js';

const MINUTE_MS = 60_000;

/**
 * The number of unknown calls that each caller has ended in the current minute. It is limited because the ledger keeps each such
 * end for weeks, whether the call ever comes or not (docs/decisions/0018-ends-of-calls-that-are-not-known.md).
 */
export class UnknownEnds {
  private readonly ofCaller = new Map<string, number>();
  private minuteBeganAtMs = -Infinity;

  constructor(
    private readonly maxPerMinute: number,
    private readonly monotonicMs: () => number = () => performance.now(),
  ) {}

  /** @throws ApiError 429 */
  take(caller: Caller): void {
    const nowMs = this.monotonicMs();
    if (nowMs - this.minuteBeganAtMs >= MINUTE_MS) {
      this.minuteBeganAtMs = nowMs;
      this.ofCaller.clear();
    }
    const name = nameOf(caller);
    const asked = (this.ofCaller.get(name) ?? 0) + 1;
    if (asked > this.maxPerMinute) {
      const message = `A caller may end at most ${String(this.maxPerMinute)} unknown calls in a minute. Try again after Retry-After.`;
      throw tooManyRequests(message, Math.ceil((this.minuteBeganAtMs + MINUTE_MS - nowMs) / 1_000));
    }
    this.ofCaller.set(name, asked);
  }
}
