import type { CallbackTarget } from '../faults/witness.js';
import type { HostileStack } from './hostile-stack.js';

/** The kinds of honest requests that are timed, and their rates. */
export const HONEST = {
  /** Calls over HTTP, until Graph has created them. */
  calls: { perSecond: 3 },
  /** Graph's callbacks of live calls, until the receiver has them on Kafka. */
  callbacks: { perSecond: 6 },
} as const;
export type Kind = keyof typeof HONEST;

/** Rate of the callbacks to the receiver behind the slow network; they are not timed. */
const SLOW_PER_SECOND = 2;

export type Phase = 'quiet' | 'hostile';

export interface Sample {
  readonly kind: Kind;
  /** The phase in which the request began. */
  readonly phase: Phase;
  readonly ms: number;
}

/** Begins its requests at a steady rate, whether or not those before them were answered. */
export class HonestLoad {
  readonly callIds: string[] = [];
  readonly samples: Sample[] = [];
  /** Requests that got a wrong answer. */
  readonly failures: string[] = [];
  /** Answers of the receiver behind the slow network, by status. */
  readonly slowAnswers: Record<number, number> = {};
  phase: Phase = 'quiet';
  private sequenceId = 0;
  private readonly underWay = new Set<Promise<void>>();
  private readonly timers: readonly NodeJS.Timeout[];

  private constructor(
    private readonly system: HostileStack,
    private readonly live: readonly CallbackTarget[],
  ) {
    this.timers = [
      this.every(HONEST.calls.perSecond, () => this.timed('calls', () => this.call())),
      this.every(HONEST.callbacks.perSecond, () => this.timed('callbacks', () => this.callback())),
      this.every(SLOW_PER_SECOND, () => this.slowCallback()),
    ];
  }

  /** @param liveCallIds calls for which Graph keeps sending callbacks */
  static async begin(system: HostileStack, liveCallIds: readonly string[]): Promise<HonestLoad> {
    return new HonestLoad(system, await Promise.all(liveCallIds.map((callId) => system.callbackTarget(callId))));
  }

  /** Begins no more requests; resolves when all requests under way are answered. */
  async end(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    await Promise.all(this.underWay);
  }

  private every(perSecond: number, request: () => Promise<void>): NodeJS.Timeout {
    return setInterval(() => {
      const done: Promise<void> = request()
        .catch((error: unknown) => void this.failures.push(String(error)))
        .finally(() => this.underWay.delete(done));
      this.underWay.add(done);
    }, 1_000 / perSecond);
  }

  private async timed(kind: Kind, request: () => Promise<void>): Promise<void> {
    const { phase } = this;
    const beganAt = performance.now();
    await request();
    this.samples.push({ kind, phase, ms: performance.now() - beganAt });
  }

  private async call(): Promise<void> {
    this.callIds.push(await this.system.place());
  }

  private async callback(): Promise<void> {
    const { status } = await this.tone((target) => target);
    if (status !== 202) throw new Error(`a callback got ${String(status)}`);
  }

  private async slowCallback(): Promise<void> {
    const { status } = await this.tone((target) => this.system.slowly(target));
    this.slowAnswers[status] = (this.slowAnswers[status] ?? 0) + 1;
  }

  private tone(at: (target: CallbackTarget) => CallbackTarget): ReturnType<HostileStack['callBack']> {
    const sequenceId = (this.sequenceId += 1);
    const target = this.live[sequenceId % this.live.length]!;
    return this.system.callBack(at(target), { toneInfo: { sequenceId, tone: 'tone1' } });
  }
}
