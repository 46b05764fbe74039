import type { Condition } from '../port/kafka-client.js';

export interface BrokerContactLimits {
  /** How often a broker is asked, ms. */
  readonly everyMs: number;
  /** Without an answer for so long it counts as out of reach, ms. */
  readonly withinMs: number;
}

/**
 * Whether records can be sent, also while there are none to send: a process that is not ready gets no work by which it
 * could find out that it is again.
 */
export class BrokerContact {
  private answeredAtMs: number;
  private failure: string | null = null;
  private isAsking = false;
  private timer: NodeJS.Timeout | undefined;

  /** @param ask something that only a broker can answer */
  constructor(
    private readonly ask: () => Promise<unknown>,
    private readonly limits: BrokerContactLimits,
    private readonly monotonicMs: () => number = () => performance.now(),
  ) {
    this.answeredAtMs = monotonicMs();
  }

  start(): void {
    this.timer = setInterval(() => {
      this.askOnce();
    }, this.limits.everyMs).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** A broker has done what it was asked. */
  answered(): void {
    this.answeredAtMs = this.monotonicMs();
    this.failure = null;
  }

  /** A send came to nothing. */
  failed(error: unknown): void {
    this.failure = error instanceof Error ? error.message : String(error);
  }

  condition(): Condition {
    if (this.failure !== null) return { ok: false, reason: `the last send failed: ${this.failure}` };
    const silentMs = this.monotonicMs() - this.answeredAtMs;
    if (silentMs <= this.limits.withinMs) return { ok: true };
    return { ok: false, reason: `no broker has answered for ${String(Math.round(silentMs))} ms` };
  }

  private askOnce(): void {
    if (this.isAsking) return;
    this.isAsking = true;
    this.ask()
      .then(
        () => {
          this.answered();
        },
        // That nobody answers shows in how long ago somebody did.
        () => undefined,
      )
      .finally(() => {
        this.isAsking = false;
      });
  }
}
