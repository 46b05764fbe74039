import { callResourcePath, changeTypeOf, type JsonObject } from '@callbus/graph';
import { named, unknown, type Change } from '../fold/change.js';
import { WHOLE } from '../fold/left-parts.js';
import { idOf, listOf, nameOf, objectOf } from './json-members.js';
import { parseBody } from './parse-body.js';
import { callChanges, contentSharingChanges, operationChanges, rosterChanges } from './read-resources.js';

/** Far more than Graph ever packs into one body; each may become an event with the whole roster. */
const MOST_NOTIFICATIONS = 1_000;

/**
 * Reads the body of a callback: https://learn.microsoft.com/graph/api/resources/commsnotifications
 * Total: input that it cannot read becomes a change of kind `unreadable` or `unknown`, so that nothing is lost.
 * @param contentType the callback's header
 */
export function readNotifications(bytes: Buffer, contentType?: string): readonly Change[] {
  const body = parseBody(bytes, contentType);
  if ('unreadable' in body) return [{ kind: 'unreadable', graphCallId: null, why: body.unreadable, places: WHOLE }];
  const items = itemsOf(body.content);
  if (items.length === 0) return [unknown(null, whyEmpty(body.content), ...WHOLE)];
  const changes = items.slice(0, MOST_NOTIFICATIONS).flatMap(changesOf);
  if (items.length <= MOST_NOTIFICATIONS) return changes;
  const surplus = items.slice(MOST_NOTIFICATIONS).map((_item, index) => [MOST_NOTIFICATIONS + index]);
  return [...changes, unknown(null, `one body holds ${surplus.length} notifications too many`, ...surplus)];
}

/** Graph’s collection; bare notifications are taken for one, too. */
function itemsOf(content: unknown): readonly unknown[] {
  const envelope = objectOf(content);
  const isBare = envelope !== null && envelope['value'] === undefined && pathOf(envelope) !== null;
  return listOf(envelope === null || isBare ? content : envelope['value']);
}

function whyEmpty(content: unknown): string {
  return objectOf(content)?.['callState'] === undefined
    ? 'the body holds no notification'
    : 'the body is of the Skype protocol that came before Graph’s: it has a callState and no notification';
}

function changesOf(item: unknown, index: number): readonly Change[] {
  const place = [index];
  const members = objectOf(item);
  if (members === null) return [unknown(null, 'a notification is not an object', place)];
  const path = pathOf(members);
  if (path === null) return [unknown(null, 'a notification names no call in resourceUrl or resource', place)];
  const { callId: graphCallId, below } = path;
  const changeType = nameOf(members['changeType']);
  const data = members['resourceData'];
  const notification = { graphCallId, place, changeType: changeType === null ? null : changeTypeOf(changeType), data };
  const [kind = '', id, ...deeper] = below;
  switch (deeper.length === 0 ? kind.toLowerCase() : null) {
    case '':
      return callChanges(notification);
    case 'participants':
      if (id === undefined) return rosterChanges(notification);
      break;
    case 'operations':
      // Graph’s pages of invite have both under this path: the operation, and the roster that it changed.
      if (id?.toLowerCase() !== 'participants') return operationChanges(notification, idOf(id));
      return Array.isArray(data) ? rosterChanges(notification) : operationChanges(notification, null);
    case 'contentsharingsessions':
      return contentSharingChanges(notification, idOf(id));
  }
  return [unknown(graphCallId, `nobody knows what a notification of ${named(kind)} means`, place)];
}

/** A path of both members, since old bodies have one and new ones two; `resourceUrl` counts. */
function pathOf({ resourceUrl, resource }: JsonObject): ReturnType<typeof callResourcePath> {
  for (const path of [resourceUrl, resource]) {
    const read = typeof path === 'string' ? callResourcePath(path) : null;
    if (read !== null) return read;
  }
  return null;
}
