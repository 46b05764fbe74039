import { explainResult, inSchemaSpelling, withExplainedResult, type JsonObject } from '@callbus/graph';
import { TERMINATED } from '../fold/call-state.js';
import { named, unknown, type Change, type Place, type UnknownChange } from '../fold/change.js';
import { countOf, idOf, listOf, nameOf, objectOf, textOf } from './json-members.js';
import { jsonBytes, SIZE_LIMITS } from '../fold/size-limits.js';

/** A notification about a call, or about what its resource path names below the call. */
export interface Notification {
  readonly graphCallId: string;
  readonly place: Place;
  readonly changeType: string | null;
  /** Its `resourceData`. */
  readonly data: unknown;
}

const DELETED = 'deleted';
/** Members that say nothing of the call; `callbackUri` holds a key of ours. */
const NOT_TOLD = ['id', 'callbackUri'];

export function callChanges(notification: Notification): Change[] {
  const { graphCallId, changeType, place } = notification;
  const { resources, strays } = resourcesOf(notification, (type) => type === 'call');
  const isDeleted = changeType === DELETED;
  const [stray] = strays;
  if (resources.length === 0 && isDeleted) {
    // Either the call or the stray resource is gone; only Graph knows which.
    if (stray !== undefined) return [{ kind: 'unreadable', graphCallId, why: stray.why, places: stray.places }];
    resources.push({ resource: {}, place });
  }
  if (resources.length === 0 && strays.length === 0)
    return [unknown(graphCallId, 'a notification says nothing of its call', place)];
  return [...resources.map((one) => callChange(graphCallId, isDeleted, one)), ...strays];
}

/** What is not what its name says, or is too large for that, is left among the other members. */
function callChange(graphCallId: string, isDeleted: boolean, { resource, place }: PlacedResource): Change {
  const { callState, ...current } = resource;
  // Until 2018 the state was called callState.
  const call = inSchemaSpelling(
    'call',
    'state' in current || callState === undefined ? resource : { ...current, state: callState },
  );
  const others = new Map(
    Object.entries(call).filter(([name, value]) => value !== null && !name.startsWith('@odata.') && !NOT_TOLD.includes(name)),
  );
  const take = <T>(name: string, read: (value: unknown) => T | null): T | null => {
    const value = read(others.get(name));
    if (value !== null) others.delete(name);
    return value;
  };
  const state = take('state', nameOf);
  const mediaState = take('mediaState', detailOf);
  const resultInfo = take('resultInfo', detailOf);
  const terminationReason = take('terminationReason', reasonOf);
  const toneInfo = take('toneInfo', detailOf);
  return {
    kind: 'call',
    graphCallId,
    places: [place],
    report: {
      state: isDeleted ? TERMINATED : state,
      mediaState,
      resultInfo: resultInfo === null ? null : explainResult(resultInfo),
      terminationReason,
      others: Object.fromEntries(others),
    },
    toneInfo: toneInfo === null ? null : withCount(toneInfo, 'sequenceId'),
  };
}

export function rosterChanges(notification: Notification): Change[] {
  const { graphCallId, place, data } = notification;
  if (data == null) return [unknown(graphCallId, 'a notification of participants names none', place)];
  const { resources, strays } = resourcesOf(notification, (type) => type === 'participant' || type === 'deltaparticipants');
  const isDelta = ({ resource }: PlacedResource): boolean => typeOf(resource) === 'deltaparticipants';
  const whole = resources.filter((one) => !isDelta(one));
  const changes: Change[] = resources.filter(isDelta).flatMap(({ resource: delta, place: deltaPlace }) => {
    const listed = { graphCallId, place: deltaPlace, data: delta['participants'] };
    const { resources: participants, strays: others } = resourcesOf(listed, (type) => type === 'participant');
    const report = { participants: spelled(participants), isDelta: true, sequence: countOf(delta['sequenceNumber']) };
    return [{ kind: 'roster', graphCallId, places: placesOf(participants, deltaPlace), report }, ...others];
  });
  const hasWhole = whole.length > 0 || (Array.isArray(data) && data.length === 0);
  const report = { participants: spelled(whole), isDelta: false, sequence: null };
  return [
    ...(hasWhole ? [{ kind: 'roster' as const, graphCallId, places: placesOf(whole, place), report }] : []),
    ...changes,
    ...strays,
  ];
}

function spelled(participants: readonly PlacedResource[]): JsonObject[] {
  return participants.map(({ resource }) => inSchemaSpelling('participant', resource));
}

export function operationChanges(notification: Notification, id: string | null): Change[] {
  const { graphCallId, changeType, place } = notification;
  const { resources, strays } = resourcesOf(notification, (type) => type.endsWith('operation'));
  if (resources.length === 0 && strays.length === 0)
    return [unknown(graphCallId, 'a notification says nothing of its operation', place)];
  const changes = resources.map((one): Change => {
    const operation = withExplainedResult(inSchemaSpelling('operation', one.resource));
    const operationId = idOf(operation['id']) ?? id;
    return { kind: 'operation', graphCallId, places: [one.place], operationId, changeType, operation };
  });
  return [...changes, ...strays];
}

export function contentSharingChanges(notification: Notification, id: string | null): Change[] {
  const { graphCallId, changeType, place } = notification;
  const { resources, strays } = resourcesOf(notification, (type) => type === 'contentsharingsession');
  // Some bodies name the session in the path only.
  const isNamedByPath = resources.length === 0 && strays.length === 0 && id !== null;
  const sessions = isNamedByPath ? [{ id }] : resources.map(({ resource }) => resource);
  if (sessions.length === 0 && strays.length === 0)
    return [unknown(graphCallId, 'a notification of content sharing names no session', place)];
  const places = placesOf(resources, place);
  const changes: Change[] = sessions.length === 0 ? [] : [{ kind: 'content-sharing', graphCallId, places, changeType, sessions }];
  return [...changes, ...strays];
}

interface PlacedResource {
  readonly resource: JsonObject;
  readonly place: Place;
}

/** The places of the resources; if there are none, the place of their list. */
function placesOf(resources: readonly PlacedResource[], list: Place): readonly Place[] {
  return resources.length === 0 ? [list] : resources.map(({ place }) => place);
}

/** `resourceData` is one resource or a list of them; what is none of the wanted type is not misread as one. */
function resourcesOf(
  { graphCallId, place: list, data }: Pick<Notification, 'graphCallId' | 'place' | 'data'>,
  isWanted: (type: string) => boolean,
): { resources: PlacedResource[]; strays: UnknownChange[] } {
  const resources: PlacedResource[] = [];
  const strays: UnknownChange[] = [];
  for (const [index, entry] of listOf(data).entries()) {
    const place = [...list, index];
    const resource = objectOf(entry);
    const type = typeOf(resource);
    if (resource === null) strays.push(unknown(graphCallId, 'resourceData holds something that is not an object', place));
    else if (type !== '' && !isWanted(type))
      strays.push(unknown(graphCallId, `nobody expects ${named(type)} under this resource path`, place));
    else resources.push({ resource, place });
  }
  return { resources, strays };
}

/** The type in lower case: `#microsoft.graph.call` → `call`; empty if it has none. */
function typeOf(resource: JsonObject | null): string {
  return textOf(resource?.['@odata.type'])?.split('.').at(-1)?.toLowerCase() ?? '';
}

function withCount(object: JsonObject, name: string): JsonObject {
  const count = countOf(object[name]);
  return count === null ? object : { ...object, [name]: count };
}

function detailOf(value: unknown): JsonObject | null {
  const detail = objectOf(value);
  return detail === null || jsonBytes(detail) > SIZE_LIMITS.detail ? null : detail;
}

function reasonOf(value: unknown): string | null {
  const reason = textOf(value);
  return reason === null || jsonBytes(reason) > SIZE_LIMITS.detail ? null : reason;
}
