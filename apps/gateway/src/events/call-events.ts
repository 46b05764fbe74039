import type { Logger } from '@callbus/chassis';
import { partitionOf, topicName, TOPICS } from '@callbus/contracts';
import type { FollowOptions, KafkaClient } from '@callbus/kafka';
import { tooManyRequests, unavailable } from '../http/api-error.js';
import type { Caller } from '../callers/caller-tokens.js';
import { nameOf } from '../callers/callers.js';
import { EventReader } from './event-reader.js';
import type { KnownCall } from '../calls/known-call.js';

export interface CallEventsOptions {
  readonly client: KafkaClient;
  readonly topicPrefix: string;
  readonly partitions: number;
  /** Most readers at once, including those that are still being opened or closed. */
  readonly maxReaders: number;
  readonly maxReadersPerCaller: number;
  readonly logger: Logger;
}

const HOUR_MS = 60 * 60_000;
/** No command may be dialled later than a day after it came, so its first event is not older; and an hour for clocks that differ. */
const LONGEST_BEFORE_NOT_AFTER_MS = 25 * HOUR_MS;
const RETRY_AFTER_SECONDS = 2;

/** The caller that a reader serves, named as by `nameOf`, and whether it reads a live history. */
interface Reading {
  readonly name: string;
  readonly isLive: boolean;
}

/**
 * Reads histories from the topic of all events: docs/decisions/0015-histories-are-read-from-kafka.md. When all readers are taken,
 * the caller with the most gives one of its live histories to a caller with fewer, so that a few callers cannot hold all readers.
 */
export class CallEvents {
  /** Oldest reader first. */
  private readonly readers = new Map<EventReader, Reading>();

  constructor(private readonly options: CallEventsOptions) {}

  /**
   * @param after the sequence after which it begins
   * @throws ApiError 429 when this caller has as many readers as one caller may; 503 when all readers are taken and no caller
   * with a live history has at least two more than this one
   */
  open(caller: Caller, { callId, sequence, call }: KnownCall, after: number, isLive: boolean): EventReader {
    const { client, topicPrefix, partitions } = this.options;
    const name = nameOf(caller);
    const place = this.takePlace(name);
    const reader = new EventReader({ callId, after, until: isLive ? Infinity : sequence });
    this.readers.set(reader, { name, isLive });
    const options: FollowOptions = {
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
    };
    void reader.follow(
      place.then(() => client.follow(options)),
      isLive,
    );
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

  /**
   * A reader holds its place until its close has resolved: until then it may still have a Kafka consumer.
   * @returns resolves when the place is free: at once, or when the reader that gives it up is closed
   */
  private takePlace(name: string): Promise<void> {
    const { maxReaders, maxReadersPerCaller } = this.options;
    if ([...this.readers.values()].filter((reading) => reading.name === name).length >= maxReadersPerCaller) {
      const message = `At most ${String(maxReadersPerCaller)} histories are read at once for one caller. End one, or try again after Retry-After.`;
      throw tooManyRequests(message, RETRY_AFTER_SECONDS);
    }
    return this.readers.size < maxReaders ? Promise.resolve() : this.close(this.spareFor(name));
  }

  /**
   * Chooses the reader that gives up its place: the oldest live one of the caller with the most. Readers that have ended are
   * already being closed and do not count.
   * @throws ApiError 503
   */
  private spareFor(name: string): EventReader {
    const readings = [...this.readers].filter(([reader]) => !reader.hasEnded);
    const counts = Map.groupBy(readings, ([, reading]) => reading.name);
    const countOf = (one: string): number => counts.get(one)?.length ?? 0;
    const most = Math.max(...[...counts.values()].map(({ length }) => length));
    const spare = readings.find(([, reading]) => reading.isLive && countOf(reading.name) === most);
    // Afterwards the caller that gives must have at least as many readers as the one that gets, or the two would take the same
    // place from each other in turn.
    if (spare === undefined || most <= countOf(name) + 1) {
      throw unavailable('Too many histories are being read; try again.', RETRY_AFTER_SECONDS);
    }
    return spare[0];
  }
}
