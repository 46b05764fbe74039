import type { Condition } from '../port/kafka-client.js';

/** The loops of one process that read from Kafka. */
export class PollLoops {
  private readonly loops = new Set<PollLoop>();

  /** @param limitMs of standstill, after which a loop counts as dead */
  constructor(
    private readonly limitMs: number,
    private readonly monotonicMs: () => number = () => performance.now(),
  ) {}

  begin(topic: string): PollLoop {
    const loop = new PollLoop(topic, this.monotonicMs, () => this.loops.delete(loop));
    this.loops.add(loop);
    return loop;
  }

  condition(): Condition {
    for (const { topic, standsMs } of this.loops) {
      if (standsMs <= this.limitMs) continue;
      return { ok: false, reason: `the loop that reads ${topic} has stood still for ${String(Math.round(standsMs))} ms` };
    }
    return { ok: true };
  }
}

/**
 * A loop goes round as long as it asks for records, has some in work, or tries to reach a broker. A broker that is away
 * keeps none from turning; one that stands still for long never turns again by itself.
 */
export class PollLoop {
  private turnedAtMs: number;

  constructor(
    readonly topic: string,
    private readonly monotonicMs: () => number,
    /** Nobody expects it to turn any more. */
    readonly end: () => void,
  ) {
    this.turnedAtMs = monotonicMs();
  }

  get standsMs(): number {
    return this.monotonicMs() - this.turnedAtMs;
  }

  turned(): void {
    this.turnedAtMs = this.monotonicMs();
  }
}
