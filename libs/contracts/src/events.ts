import { dataSchema, encodeCloudEvent, type CloudEvent, type Message } from './cloud-event.js';
import { eventId, formatSequence } from './call-id.js';
import type { IfUnknown } from './commands.js';
import type { CreationError } from './ledger-records.js';
import type { FailureReason } from './observations.js';

export const EVENT_VERSION = 1;

/** What every event says of its call. */
export interface EventSubject {
  readonly callId: string;
  readonly graphCallId: string | null;
  readonly tenantId: string;
  readonly appId: string;
}

/** The data of each event beyond its subject. */
export interface EventData {
  CallAccepted: { kind: string; media: string; notAfter: string; ifUnknown: IfUnknown; late?: true };
  CallCreated: { attempt: number; dialledAt?: string; provenBy: 'response' | 'callback'; call: Record<string, unknown> | null };
  CallCreationFailed: { reason: FailureReason; error: CreationError | null };
  CallOutcomeUnknown: { attempt: number; why: string; parked: boolean };
  CallStateChanged: {
    previousState: string | null;
    state: string;
    mediaState: Record<string, unknown> | null;
    resultInfo: Record<string, unknown> | null;
    terminationReason: string | null;
    final: boolean;
    late: boolean;
    observedBy: 'callback' | 'reconciler';
  };
  RosterUpdated: {
    participants: readonly Record<string, unknown>[];
    joined: string[];
    left: string[];
    changed: string[];
    late: boolean;
  };
  DuplicateCallDetected: { attempt: number; graphCallId: string };
  CallEndFailed: { attempt: number; error: CreationError | null };
}

export type EventType = keyof EventData;

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
