import { callKindOf } from './call-kind.js';
import { isObject, memberOf, type JsonObject } from '../json-value.js';
import { MAX_LIST_LENGTH } from '../call-model/model-member.js';
import type { CallFault } from '../call-model/model-faults.js';

/** «Up to 5 VoIP users»: https://learn.microsoft.com/graph/api/application-post-calls, the examples of group calls */
const MAX_GROUP_SIZE = 5;

/** The rules that span members of a call: whom it reaches, and what that takes. What a member's own rule has said is not said again. */
export function faultsAcrossMembers(call: JsonObject): CallFault[] {
  return [...faultsOfTargets(call), ...faultsOfCaller(call), ...faultsOfCoordinates(call)];
}

function faultsOfTargets(call: JsonObject): CallFault[] {
  const targets = memberOf(call, 'targets') ?? [];
  const kind = callKindOf(call);
  if (!Array.isArray(targets) || kind === 'meeting') return [];
  if (targets.length === 0) {
    return [{ path: 'targets', message: 'must name whom to call, unless meetingInfo names a meeting to join' }];
  }
  if (kind !== 'group' || targets.length > MAX_LIST_LENGTH) return [];
  const tooMany = `must be at most ${MAX_GROUP_SIZE}: Graph makes no larger group call; invite the others once it is established`;
  const notAlone = 'must be the only target: a group call that an app makes dials no telephone numbers';
  return [
    ...(targets.length > MAX_GROUP_SIZE ? [{ path: 'targets', message: tooMany }] : []),
    ...targets.flatMap((target, index) =>
      isPhone(target) ? [{ path: `targets[${index}].identity.phone`, message: notAlone }] : [],
    ),
  ];
}

function faultsOfCaller(call: JsonObject): CallFault[] {
  const targets = memberOf(call, 'targets');
  if (!Array.isArray(targets) || !targets.some(isPhone)) return [];
  const { applicationInstance } = identityOf(memberOf(call, 'source'));
  if (applicationInstance != null) return [];
  const message = 'is required to call a telephone number: the application instance that the number to call from is assigned to';
  return [{ path: 'source.identity.applicationInstance', message }];
}

/** An organizer has many meetings: the thread tells which. */
function faultsOfCoordinates(call: JsonObject): CallFault[] {
  if (memberOf(memberOf(call, 'meetingInfo'), '@odata.type') !== '#microsoft.graph.organizerMeetingInfo') return [];
  const chatInfo = memberOf(call, 'chatInfo') ?? null;
  const message = 'is required to join a meeting by its organizer; the join URL has it';
  if (chatInfo === null) return [{ path: 'chatInfo', message }];
  if (!isObject(chatInfo) || (memberOf(chatInfo, 'threadId') ?? '') !== '') return [];
  return [{ path: 'chatInfo.threadId', message }];
}

function isPhone(target: unknown): boolean {
  return isObject(identityOf(target)['phone']);
}

function identityOf(participant: unknown): JsonObject {
  const identity = memberOf(participant, 'identity');
  return isObject(identity) ? identity : {};
}
