import { isObject, missingRoles, requiredRolesOf } from '@callbus/graph';
import { memberAt, objectAt, objectsAt, textAt } from './graph-call.js';

/** What a valid token says. */
export interface GraphCaller {
  readonly tenantId: string;
  readonly appId: string;
  readonly roles: readonly string[];
}

export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/**
 * Why Graph refuses to create this call; null if it creates it. Pure.
 * Codes and words of 7504, 7505 and 7507 are Graph's; no public thread quotes those of its 400s.
 */
export function refusalOf(call: unknown, caller: GraphCaller): Refusal | null {
  if (!isObject(call)) return badRequest('The body of the request is not a JSON object.');
  const callbackUri = textAt(call, 'callbackUri');
  if (callbackUri === undefined) return badRequest('The property callbackUri is required.');
  if (!URL.canParse(callbackUri) || new URL(callbackUri).protocol !== 'https:') {
    return badRequest('The property callbackUri must be an absolute HTTPS address.');
  }
  if (!objectAt(call, 'mediaConfig')) return badRequest('The property mediaConfig is required.');
  if (objectsAt(call, 'targets').length === 0 && !objectAt(call, 'meetingInfo')) {
    return badRequest('One of the properties targets and meetingInfo is required.');
  }
  const tenantId = memberAt(call, 'tenantId');
  if (typeof tenantId === 'string' && tenantId.toLowerCase() !== caller.tenantId.toLowerCase()) {
    return { status: 403, code: '7505', message: 'Request authorization tenant mismatch.' };
  }
  if (missingRoles(requiredRolesOf(call), caller).length > 0) {
    return { status: 403, code: '7504', message: 'Insufficient enterprise tenant permissions, cannot access this API.' };
  }
  const callsTelephone = objectsAt(call, 'targets').some((target) => objectAt(target, 'identity', 'phone') !== undefined);
  if (callsTelephone && !objectAt(call, 'source', 'identity', 'applicationInstance')) {
    return { status: 400, code: '7507', message: 'Call source identity invalid.' };
  }
  return null;
}

function badRequest(message: string): Refusal {
  return { status: 400, code: 'BadRequest', message };
}
