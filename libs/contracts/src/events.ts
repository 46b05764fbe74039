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

type Resource = Readonly<Record<string, unknown>>;

/** How many participants or members were left out, since the event would have been too large for its topic. */
interface Cut {
  truncated?: number;
}

/**
 * The data of each event beyond its subject. Resources are Graph's, with all their members; enums are spelled as its
 * schema spells them. `late`: Graph told it after something that comes later in a call's life, or after the end.
 */
export interface EventData {
  CallAccepted: { kind: string; media: string; notAfter: string; ifUnknown: IfUnknown; late?: true };
  CallCreated: { attempt: number; dialledAt?: string; provenBy: 'response' | 'callback'; call: Resource | null } & Cut;
  CallCreationFailed: { reason: FailureReason; error: CreationError | null };
  CallOutcomeUnknown: { attempt: number; why: string; parked: boolean };
  CallStateChanged: {
    previousState: string | null;
    state: string;
    mediaState: Resource | null;
    /** Codes as numbers, and `meaning` in words, null where nobody knows it. */
    resultInfo: Resource | null;
    terminationReason: string | null;
    /** What else is new of the call: `answeredBy`, `transcription` … */
    call?: Resource;
    final: boolean;
    late: boolean;
    observedBy: 'callback' | 'reconciler';
  } & Cut;
  RosterUpdated: {
    /** The whole list. */
    participants: readonly Resource[];
    /** Ids of participants. */
    joined: string[];
    left: string[];
    changed: string[];
    /** Of those who left: the ones of whom Graph says why, in `removedState`. */
    removed?: readonly Resource[];
    late: boolean;
  } & Cut;
  CallOperationUpdated: { operationId: string | null; changeType: string | null; operation: Resource; late: boolean } & Cut;
  CallToneReceived: { toneInfo: Resource; late: boolean };
  ContentSharingChanged: { changeType: string | null; contentSharingSessions: readonly Resource[]; late: boolean } & Cut;
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
