import { parseJson } from '@callbus/contracts';
import { callIdOfResource } from '@callbus/graph';
import { canonicalState, TERMINATED } from './call-states.js';

type JsonObject = Readonly<Record<string, unknown>>;

/** One change that Graph reports, in the terms of the fold. `graphCallId` is the call that it is about. */
export type Change =
  | {
      readonly kind: 'call';
      readonly graphCallId: string | null;
      readonly state: string | null;
      readonly mediaState: JsonObject | null;
      readonly resultInfo: JsonObject | null;
      readonly terminationReason: string | null;
    }
  | { readonly kind: 'roster'; readonly graphCallId: string | null; readonly participants: readonly JsonObject[] }
  | { readonly kind: 'unknown'; readonly graphCallId: string | null; readonly why: string };

/**
 * Reads the body of a callback: https://learn.microsoft.com/graph/api/resources/commsnotifications
 * Total: what it cannot read becomes a change of kind `unknown`, so that nothing vanishes.
 */
export function readNotifications(body: string): readonly Change[] {
  const envelope = objectOf(parseJson(Buffer.from(body, 'utf8')));
  if (envelope === null) return [unknown(null, 'the body is not an object')];
  const value = envelope['value'];
  const items = Array.isArray(value) ? (value as unknown[]) : value === undefined ? [] : [value];
  if (items.length === 0) return [unknown(null, 'the body has no notification in value')];
  return items.map(changeOf);
}

function changeOf(item: unknown): Change {
  const notification = objectOf(item);
  if (notification === null) return unknown(null, 'a notification is not an object');
  const resource = textOf(notification['resourceUrl']) ?? textOf(notification['resource']);
  if (resource === null) return unknown(null, 'a notification names no resource');
  const graphCallId = callIdOfResource(resource);
  if (graphCallId === null) return unknown(null, 'the resource is not of a call');
  const data = notification['resourceData'];
  const tail = resource.split('/').filter(Boolean).slice(3).join('/').toLowerCase();
  if (tail === '') return callChange(graphCallId, notification, data);
  if (tail === 'participants' && Array.isArray(data)) {
    return {
      kind: 'roster',
      graphCallId,
      participants: (data as unknown[]).map(objectOf).filter((participant) => participant !== null),
    };
  }
  return unknown(graphCallId, `nobody handles notifications of ${tail.split('/')[0] ?? ''} yet`);
}

function callChange(graphCallId: string, notification: JsonObject, data: unknown): Change {
  const call = objectOf(data) ?? {};
  const isDeleted = textOf(notification['changeType'])?.toLowerCase() === 'deleted';
  const state = textOf(call['state']);
  return {
    kind: 'call',
    graphCallId,
    state: isDeleted ? TERMINATED : state === null ? null : canonicalState(state),
    mediaState: objectOf(call['mediaState']),
    resultInfo: objectOf(call['resultInfo']),
    terminationReason: textOf(call['terminationReason']),
  };
}

function unknown(graphCallId: string | null, why: string): Change {
  return { kind: 'unknown', graphCallId, why };
}

function objectOf(value: unknown): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
