import { dataSchema, encodeCloudEvent, type CloudEvent, type Message } from '../codec/cloud-event.js';
import { eventId, formatSequence } from '../commands/call-id.js';
import type { EventData, EventSubject, EventType } from './event-data.js';

export const EVENT_VERSION = 1;

/** An event of a call as the fold emits it: everything but the envelope. */
export type CallEvent = {
  [T in EventType]: {
    readonly type: T;
    readonly sequence: number;
    readonly time: string;
    readonly subject: EventSubject;
    readonly data: EventData[T];
  };
}[EventType];

/** The event as a CloudEvent: `source` and `sequence` order it, `id` is the same whenever the history is folded again. */
export function toCloudEvent(event: CallEvent): CloudEvent<EventSubject & EventData[EventType]> {
  const sequence = formatSequence(event.sequence);
  return {
    specversion: '1.0',
    id: eventId(event.subject.callId, sequence),
    source: `/calls/${event.subject.callId}`,
    type: event.type,
    subject: event.subject.callId,
    time: event.time,
    datacontenttype: 'application/json',
    dataschema: dataSchema(event.type, EVENT_VERSION),
    sequence,
    data: { ...event.subject, ...event.data },
  };
}

export function encodeEvent(event: CallEvent): Message {
  return encodeCloudEvent(toCloudEvent(event));
}
