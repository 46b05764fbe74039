import { explainResult, inSchemaSpelling, withExplainedResult } from '@callbus/graph';
import { TERMINATED } from './call-state.js';
import { named, unknown, type Change, type UnknownChange } from './change.js';
import { countOf, idOf, listOf, nameOf, objectOf, textOf, type JsonObject } from './json-members.js';
import { jsonBytes, SIZE_LIMITS } from './size-limits.js';

/** A notification about a call, or about what its resource path names below the call. */
export interface Notification {
  readonly graphCallId: string;
  readonly changeType: string | null;
  /** Its `resourceData`. */
  readonly data: unknown;
}

const DELETED = 'deleted';
/** Members that say nothing of the call; `callbackUri` holds a key of ours. */
const NOT_TOLD = ['id', 'callbackUri'];

export function callChanges({ graphCallId, changeType, data }: Notification): Change[] {
  const { resources, strays } = resourcesOf(graphCallId, data, (type) => type === 'call');
  const isDeleted = changeType === DELETED;
  const [stray] = strays;
  if (resources.length === 0 && isDeleted) {
    // Whether the call or what the stray is of has gone, only Graph knows.
    if (stray !== undefined) return [{ kind: 'unreadable', graphCallId, why: stray.why }];
    resources.push({});
  }
  if (resources.length === 0 && strays.length === 0) return [unknown(graphCallId, 'a notification says nothing of its call')];
  return [...resources.map((resource) => callChange(graphCallId, isDeleted, resource)), ...strays];
}

/** What is not what its name says, or is too large for that, is left among the other members. */
function callChange(graphCallId: string, isDeleted: boolean, resource: JsonObject): Change {
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

export function rosterChanges({ graphCallId, data }: Notification): Change[] {
  if (data == null) return [unknown(graphCallId, 'a notification of participants names none')];
  const { resources, strays } = resourcesOf(graphCallId, data, (type) => type === 'participant' || type === 'deltaparticipants');
  const isDelta = (resource: JsonObject): boolean => typeOf(resource) === 'deltaparticipants';
  const whole = resources.filter((resource) => !isDelta(resource));
  const changes: Change[] = resources.filter(isDelta).flatMap((delta) => {
    const { resources: participants, strays: others } = resourcesOf(
      graphCallId,
      delta['participants'],
      (type) => type === 'participant',
    );
    return [rosterChange(graphCallId, participants, true, countOf(delta['sequenceNumber'])), ...others];
  });
  const hasWhole = whole.length > 0 || (Array.isArray(data) && data.length === 0);
  return [...(hasWhole ? [rosterChange(graphCallId, whole, false, null)] : []), ...changes, ...strays];
}

function rosterChange(
  graphCallId: string,
  participants: readonly JsonObject[],
  isDelta: boolean,
  sequence: number | null,
): Change {
  const spelled = participants.map((participant) => inSchemaSpelling('participant', participant));
  return { kind: 'roster', graphCallId, report: { participants: spelled, isDelta, sequence } };
}

export function operationChanges({ graphCallId, changeType, data }: Notification, id: string | null): Change[] {
  const { resources, strays } = resourcesOf(graphCallId, data, (type) => type.endsWith('operation'));
  if (resources.length === 0 && strays.length === 0)
    return [unknown(graphCallId, 'a notification says nothing of its operation')];
  const changes = resources.map((resource): Change => {
    const operation = withExplainedResult(inSchemaSpelling('operation', resource));
    return { kind: 'operation', graphCallId, operationId: idOf(operation['id']) ?? id, changeType, operation };
  });
  return [...changes, ...strays];
}

export function contentSharingChanges({ graphCallId, changeType, data }: Notification, id: string | null): Change[] {
  const { resources, strays } = resourcesOf(graphCallId, data, (type) => type === 'contentsharingsession');
  // Some bodies name the session in the path only.
  const sessions = resources.length === 0 && strays.length === 0 && id !== null ? [{ id }] : resources;
  if (sessions.length === 0 && strays.length === 0)
    return [unknown(graphCallId, 'a notification of content sharing names no session')];
  const changes: Change[] = sessions.length === 0 ? [] : [{ kind: 'content-sharing', graphCallId, changeType, sessions }];
  return [...changes, ...strays];
}

/** `resourceData` is one resource or a list of them; what is none of the wanted type is not misread as one. */
function resourcesOf(
  graphCallId: string,
  data: unknown,
  isWanted: (type: string) => boolean,
): { resources: JsonObject[]; strays: UnknownChange[] } {
  const resources: JsonObject[] = [];
  const strays: UnknownChange[] = [];
  for (const entry of listOf(data)) {
    const resource = objectOf(entry);
    const type = typeOf(resource);
    if (resource === null) strays.push(unknown(graphCallId, 'resourceData holds something that is not an object'));
    else if (type !== '' && !isWanted(type))
      strays.push(unknown(graphCallId, `nobody expects ${named(type)} under this resource path`));
    else resources.push(resource);
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
