/**
 * A lower bound of the broker's time, for deciding when something is due. Whatever carries a broker timestamp that is
 * known to lie in the past moves it on; in between a monotonic clock does. This process's own wall clock has no say.
 */
export class BrokerClock {
  private aheadMs = -Infinity;

  /** @param monotonicMs a source of milliseconds that never goes back */
  constructor(private readonly monotonicMs: () => number = () => performance.now()) {}

  /** @param brokerMs a timestamp that the broker had given by now, ms since 1970 */
  observe(brokerMs: number): void {
    this.aheadMs = Math.max(this.aheadMs, brokerMs - this.monotonicMs());
  }

  /** Milliseconds since 1970; -Infinity before the first observation. */
  nowMs(): number {
    return this.monotonicMs() + this.aheadMs;
  }
}
