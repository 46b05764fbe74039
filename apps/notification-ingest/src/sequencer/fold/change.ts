import type { JsonObject } from '@callbus/graph';

/** What a notification says of the call itself. */
export interface CallReport {
  /** Graph’s name; null if it says nothing of the state. */
  readonly state: string | null;
  readonly mediaState: JsonObject | null;
  readonly resultInfo: JsonObject | null;
  readonly terminationReason: string | null;
  /** The other members of the call. */
  readonly others: JsonObject;
}

/** What it says of the participants: the whole list, or only those with news. */
export interface RosterReport {
  readonly participants: readonly JsonObject[];
  readonly isDelta: boolean;
  /** Graph’s count of such lists. */
  readonly sequence: number | null;
}

/**
 * The position of a part in the body of a callback: the index of its notification, then of the resource in its `resourceData`,
 * then of the entry in what that resource lists. Empty for the whole body.
 */
export type Place = readonly number[];

/**
 * One change that Graph reports, in the terms of the fold. `graphCallId` is the call that it is about; `places` are the positions
 * in the body that it was read from, in their order.
 */
export type Change = { readonly graphCallId: string | null; readonly places: readonly Place[] } & (
  | { readonly kind: 'call'; readonly report: CallReport; readonly toneInfo: JsonObject | null }
  | { readonly kind: 'roster'; readonly report: RosterReport }
  | {
      readonly kind: 'operation';
      readonly operationId: string | null;
      readonly changeType: string | null;
      readonly operation: JsonObject;
    }
  | { readonly kind: 'content-sharing'; readonly changeType: string | null; readonly sessions: readonly JsonObject[] }
  | { readonly kind: 'unknown'; readonly why: string }
  /** A part that cannot be read and may report the call's end, so the dispatcher asks Graph. `why` is null for an empty body. */
  | { readonly kind: 'unreadable'; readonly why: string | null }
);

export type UnknownChange = Extract<Change, { kind: 'unknown' }>;

export function unknown(graphCallId: string | null, why: string, ...places: readonly Place[]): UnknownChange {
  return { kind: 'unknown', graphCallId, why, places };
}

/** A name from outside, for people to read. */
export function named(name: string): string {
  return /^\w{1,64}$/.test(name) ? `«${name}»` : 'something without a proper name';
}
