import type { Logger } from '@callbus/chassis';
import { partitionOf, topicName, TOPICS } from '@callbus/contracts';
import type { KafkaClient } from '@callbus/kafka';
import { ApiError, unavailable } from './api-error.js';
import type { Caller } from './caller-tokens.js';
import { nameOf } from './callers.js';
import { EventReader } from './event-reader.js';
import type { KnownCall } from './known-call.js';

export interface CallEventsOptions {
  readonly client: KafkaClient;
  readonly topicPrefix: string;
  readonly partitions: number;
  /** At once. */
  readonly maxReaders: number;
  readonly maxReadersPerCaller: number;
  readonly logger: Logger;
}

const HOUR_MS = 60 * 60_000;
/** No command may be dialled later than a day after it came, so its first event is not older; and an hour for clocks that differ. */
const LONGEST_BEFORE_NOT_AFTER_MS = 25 * HOUR_MS;
const RETRY_AFTER_SECONDS = 2;

/** Reads histories from the topic of all events: docs/decisions/0015-histories-are-read-from-kafka.md. */
export class CallEvents {
  /** And the names of the callers that they read for. */
  private readonly readers = new Map<EventReader, string>();

  constructor(private readonly options: CallEventsOptions) {}

  /**
   * @param after the sequence after which it begins
   * @throws ApiError 503 when too many are read already, 429 when too many of them are this caller's
   */
  open(caller: Caller, { callId, sequence, call }: KnownCall, after: number, isLive: boolean): EventReader {
    const { client, topicPrefix, partitions } = this.options;
    const name = nameOf(caller);
    this.requireRoom(name);
    const reader = new EventReader({ callId, after, until: isLive ? Infinity : sequence });
    this.readers.set(reader, name);
    const opening = client.follow({
      topic: topicName(topicPrefix, TOPICS.events),
      partitions: [partitionOf(callId, partitions)],
      ...(call.notAfter !== null && { fromMs: Date.parse(call.notAfter) - LONGEST_BEFORE_NOT_AFTER_MS }),
      atUnreadable: 'end',
      onRecord: (record) => {
        reader.take(record);
      },
      onFatal: (error) => {
        reader.fail(error);
      },
    });
    void reader.follow(opening, isLive);
    return reader;
  }

  async close(reader: EventReader): Promise<void> {
    try {
      await reader.close();
    } catch (error) {
      this.options.logger.warn({ err: error }, 'a reader of events could not be closed');
    } finally {
      this.readers.delete(reader);
    }
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.readers.keys()].map((reader) => this.close(reader)));
  }

  private requireRoom(name: string): void {
    const { maxReaders, maxReadersPerCaller } = this.options;
    if (this.readers.size >= maxReaders) throw unavailable('Too many histories are being read; try again.', RETRY_AFTER_SECONDS);
    if ([...this.readers.values()].filter((one) => one === name).length < maxReadersPerCaller) return;
    const message = `At most ${String(maxReadersPerCaller)} histories are read at once for one caller. Try again after Retry-After.`;
    throw new ApiError(429, 'TooManyRequests', message, { headers: { 'retry-after': String(RETRY_AFTER_SECONDS) } });
  }
}
