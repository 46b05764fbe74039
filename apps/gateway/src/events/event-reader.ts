import { decodeCloudEvent, type CloudEvent } from '@callbus/contracts';
import type { ReceivedRecord, TopicFollower } from '@callbus/kafka';

/** A reader whose events are not taken as fast as they come ends with so many bytes in hand; its user begins again after them. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

export interface HistoryEvent {
  readonly sequence: number;
  readonly event: CloudEvent;
  /** Of the record’s value. */
  readonly bytes: number;
}

export interface EventReaderOptions {
  readonly callId: string;
  /** The sequence after which it begins. */
  readonly after: number;
  /** The sequence with which it ends at the latest. */
  readonly until: number;
}

/** The events of one call in their order, each once, out of the records of its partition. */
export class EventReader {
  private readonly waiting: HistoryEvent[] = [];
  private waitingBytes = 0;
  private last: number;
  private isOver = false;
  private failure: Error | undefined;
  private moved: () => void = () => undefined;
  private follower: Promise<TopicFollower> | undefined;
  private closed: Promise<void> | undefined;

  constructor(private readonly options: EventReaderOptions) {
    this.last = options.after;
  }

  /** True once it takes no more events; those that it has read can still be consumed. */
  get hasEnded(): boolean {
    return this.isOver;
  }

  /** @param isLive goes on with what comes to be written; else it ends with what is there now */
  async follow(opening: Promise<TopicFollower>, isLive: boolean): Promise<void> {
    this.follower = opening;
    try {
      const follower = await opening;
      if (isLive) return;
      await follower.caughtUp();
      this.end();
    } catch (error) {
      this.fail(error);
    }
  }

  take({ key, value, headers }: ReceivedRecord): void {
    const { callId, until } = this.options;
    if (this.isOver || key?.toString() !== callId) return;
    const event = decodeCloudEvent(value, headers);
    const sequence = Number(event.sequence);
    // A process that lost its partition may have written it a second time.
    if (!(sequence > this.last)) return;
    this.last = sequence;
    const bytes = value?.length ?? 0;
    this.waitingBytes += bytes;
    this.waiting.push({ sequence, event, bytes });
    if (sequence >= until || this.waitingBytes > MAX_WAITING_BYTES) this.end();
    this.moved();
  }

  /**
   * @param timeoutMs of silence
   * @returns the next event, undefined when none came in time, null when there will be none
   * @throws what made it fail, after the events that were read until then
   */
  async next(timeoutMs: number): Promise<HistoryEvent | undefined | null> {
    if (this.waiting.length === 0 && !this.isOver) await this.move(timeoutMs);
    const next = this.waiting.shift();
    if (next !== undefined) {
      this.waitingBytes -= next.bytes;
      return next;
    }
    if (this.failure !== undefined) throw this.failure;
    return this.isOver ? null : undefined;
  }

  fail(error: unknown): void {
    this.failure = error instanceof Error ? error : new Error(String(error));
    this.end();
  }

  /** Takes no more; what was read can still be had. */
  end(): void {
    this.isOver = true;
    this.moved();
  }

  /** Resolves when Kafka is read no more. */
  close(): Promise<void> {
    this.end();
    return (this.closed ??= this.stop());
  }

  private async stop(): Promise<void> {
    // Why it did not open was told by `next`.
    const follower = await this.follower?.catch(() => undefined);
    await follower?.stop();
  }

  private async move(timeoutMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.moved = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
