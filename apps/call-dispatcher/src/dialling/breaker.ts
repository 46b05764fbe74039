export interface BreakerOptions {
  /** Connections in a row that did not come about, after which it opens. */
  readonly failures: number;
  /** How long nothing is tried before one attempt may probe, ms. */
  readonly openMs: number;
}

/**
 * Spares the ledger Intents that cannot be dialled: while Graph cannot be reached, nothing is tried but one attempt every
 * `openMs`. Only connections count; what Graph answers is never a reason.
 */
export class Breaker {
  private failuresInARow = 0;
  private closedAgainAtMs = -Infinity;

  constructor(
    private readonly options: BreakerOptions,
    private readonly monotonicMs: () => number = () => performance.now(),
  ) {}

  /** Milliseconds until the next attempt may be made; 0 when it may be made now. */
  waitMs(): number {
    return Math.max(0, this.closedAgainAtMs - this.monotonicMs());
  }

  /** To be called for an attempt that is about to be made: while Graph is away, it is the only one for `openMs`. */
  begin(): void {
    if (this.failuresInARow >= this.options.failures) this.closedAgainAtMs = this.monotonicMs() + this.options.openMs;
  }

  connected(): void {
    this.failuresInARow = 0;
    this.closedAgainAtMs = -Infinity;
  }

  notConnected(): void {
    this.failuresInARow += 1;
    if (this.failuresInARow >= this.options.failures) this.closedAgainAtMs = this.monotonicMs() + this.options.openMs;
  }
}
