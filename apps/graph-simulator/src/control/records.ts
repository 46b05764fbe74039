import type { CallbackAddress } from '../callbacks/callback-address.js';

/** A create that was read off the wire. */
export interface PostRecord {
  readonly callId: string | null;
  readonly attempt: number | null;
  /** ISO 8601. */
  readonly time: string;
  /** The same moment in milliseconds since 1970, with their fraction. */
  readonly timeMs: number;
  /** Without Authorization. */
  readonly headers: Readonly<Record<string, unknown>>;
  /** As JSON; the text where it is none. */
  readonly body: unknown;
  /** Null until it is answered, and for ever if it never is. */
  answered: { readonly status: number } | null;
}

/** A callback, sent or not. */
export interface DeliveryRecord extends Omit<CallbackAddress, 'callId' | 'attempt'> {
  /** Null for one that was ordered. */
  readonly graphCallId: string | null;
  readonly callId: string | null;
  readonly attempt: number | null;
  /** The call's state that it tells of, `roster`, or `ordered`. */
  readonly state: string;
  /** Null if it was ordered to have none. */
  readonly messageId: string | null;
  /** When it was due, ISO 8601. */
  readonly time: string;
  /** The exact text. */
  readonly body: string;
  /** The exact bytes of a body that is not UTF-8; `body` then shows only an approximation. */
  readonly bodyBase64?: string;
  answered: { readonly status: number; readonly tookMs: number } | null;
  /** Why there is no answer, or the fault that struck. */
  error?: string;
  fault?: string;
}

/** The newest records; older ones go, so that a simulator that runs for days stays as small as it is. */
export class RecordLog<T> {
  private readonly records: T[] = [];
  private forgottenCount = 0;

  constructor(private readonly limit: number) {}

  add(record: T): T {
    this.records.push(record);
    // In blocks, since every shift moves the whole list.
    if (this.records.length > this.limit * 1.1) {
      const excess = this.records.length - this.limit;
      this.records.splice(0, excess);
      this.forgottenCount += excess;
    }
    return record;
  }

  list(): readonly T[] {
    return this.records;
  }

  forgotten(): number {
    return this.forgottenCount;
  }
}

export class Posts extends RecordLog<PostRecord> {}

export class Deliveries extends RecordLog<DeliveryRecord> {}
