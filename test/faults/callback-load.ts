import { setTimeout as delay } from 'node:timers/promises';
import type { FaultStack } from './fault-stack.js';

export interface SentCallback {
  readonly callId: string;
  /** Of the receiver; 502 when it gave no answer. */
  readonly status: number;
  readonly sentAt: number;
  readonly answeredAt: number;
}

/** Between one callback of a call and its next. */
const PACE_MS = 50;

/** Graph’s side of calls that do not fall silent: tone after tone of each, and the simulator keeps every answer. */
export class CallbackLoad {
  readonly sent: SentCallback[] = [];
  private isOver = false;
  private readonly streams: Promise<unknown>;

  private constructor(
    private readonly system: FaultStack,
    private readonly callIds: readonly string[],
  ) {
    this.streams = Promise.all(callIds.map((callId) => this.stream(callId)));
  }

  static start(system: FaultStack, callIds: readonly string[]): CallbackLoad {
    return new CallbackLoad(system, callIds);
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.streams;
  }

  accepted(): readonly SentCallback[] {
    return this.sent.filter(({ status }) => status < 300);
  }

  /** How many were answered so. @param sinceMs only of those sent after this */
  count(status: number, sinceMs = 0): number {
    return this.sent.filter((one) => one.status === status && one.sentAt > sinceMs).length;
  }

  /** Whether callbacks of every call that were sent after this were accepted. */
  isFlowing(sinceMs: number): boolean {
    const accepted = this.accepted().filter(({ sentAt }) => sentAt > sinceMs);
    return new Set(accepted.map(({ callId }) => callId)).size === this.callIds.length;
  }

  /** The longest time in which nothing was accepted. */
  longestGapMs(): number {
    const times = this.accepted()
      .map(({ answeredAt }) => answeredAt)
      .toSorted((a, b) => a - b);
    return Math.max(0, ...times.slice(1).map((time, index) => time - (times[index] ?? time)));
  }

  private async stream(callId: string): Promise<void> {
    const target = await this.system.callbackTarget(callId);
    for (let sequenceId = 1; !this.isOver; sequenceId += 1) {
      const sentAt = performance.now();
      const { status } = await this.system.callBack(target, { toneInfo: { sequenceId, tone: 'tone1' } });
      this.sent.push({ callId, status, sentAt, answeredAt: performance.now() });
      await delay(PACE_MS);
    }
  }
}
