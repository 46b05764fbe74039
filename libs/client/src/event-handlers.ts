import type { CloudEvent, EventData, EventSubject, EventType } from '@callbus/contracts';

/** An event of a call: the CloudEvent's attributes, and in `data` its call's ids and what its type tells. */
export type CallEventOf<T extends EventType> = CloudEvent<EventSubject & EventData[T]> & {
  readonly type: T;
  readonly sequence: string;
};

/** What a handler may want to know besides the event. */
export interface Delivery {
  /** Aborts when the event's partition went to another process, or when the subscription stops. */
  readonly signal: AbortSignal;
}

/**
 * One handler per type of event; types without one are passed over. Events of one call are handled one after the other, those of
 * different calls at the same time. Resolving says that the event is done with.
 *
 * At least once: after a crash, events that were handled and not yet committed come again, with the same `id`.
 */
export type EventHandlers = {
  readonly [T in EventType]?: (event: CallEventOf<T>, delivery: Delivery) => void | Promise<void>;
};

/** Events of a call that never came: what lies between its last event and this one. */
export interface Gap {
  readonly callId: string;
  /** How many are missing. */
  readonly missing: number;
  /** The event behind the gap; it is handled next. */
  readonly before: CallEventOf<EventType>;
}
