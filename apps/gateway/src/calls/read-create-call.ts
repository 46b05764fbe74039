import { callIdFor, requestHash, type CreateCallData } from '@callbus/contracts';
import { isGuid, isObject, mediaFaultsOf, validateCall, type MediaHosts } from '@callbus/graph';
import { ApiError } from '../http/api-error.js';
import type { Caller } from '../callers/caller-tokens.js';

export interface CreateCallRequest {
  readonly data: CreateCallData;
  /** By which the same call is known, whoever sends it. */
  readonly requestHash: string;
}

export interface CreateCallRules {
  readonly graphAppId: string;
  /** Size of a call as JSON, in bytes. */
  readonly callMaxBytes: number;
  readonly mediaHosts: MediaHosts;
}

const MAX_KEY_LENGTH = 256;
/** The details have them all. */
const FAULTS_IN_MESSAGE = 5;

/**
 * Reads a create request: Graph's call resource, as Graph takes it. A request that was accepted is not validated again, because a
 * release may validate more strictly than the one that accepted it, and the call is placed.
 * @param keys names that make repeats of the request the same call: the first that is given counts
 * @param isAccepted tells whether a call with this id was accepted from the same request
 * @throws ApiError 400 with every fault
 */
export function readCreateCall(
  body: unknown,
  caller: Caller,
  keys: readonly (string | undefined)[],
  { graphAppId: appId, callMaxBytes, mediaHosts }: CreateCallRules,
  isAccepted: (request: CreateCallRequest) => boolean,
): CreateCallRequest {
  const key = keys.find((one) => one !== undefined && one !== '') ?? null;
  const isKey = key === null || key.length <= MAX_KEY_LENGTH;
  const tenantId = isObject(body) ? (body['tenantId'] ?? caller.tenantId) : undefined;
  const isTenant = typeof tenantId === 'string' && isGuid(tenantId);
  const request = isObject(body) && isTenant && isKey ? requestOf(body, tenantId.toLowerCase()) : undefined;
  if (request !== undefined && isAccepted(request)) return request;

  const ofCall = validateCall(body, callMaxBytes);
  const ofMedia = ofCall.length === 0 ? mediaFaultsOf(body, mediaHosts) : [];
  const faults = [...ofCall, ...ofMedia].map(({ path, message }) => ({ target: path, message }));
  if (tenantId !== undefined && !isTenant && !faults.some(({ target }) => target === 'tenantId' || target === '$')) {
    faults.push({ target: 'tenantId', message: 'must be a GUID: the tenant to call in' });
  }
  if (!isKey) {
    faults.push({ target: 'Idempotency-Key', message: `must be at most ${String(MAX_KEY_LENGTH)} characters` });
  }
  if (faults.length === 0 && request !== undefined) return request;
  const first = faults.slice(0, FAULTS_IN_MESSAGE).map(({ target, message }) => `${target} ${message}`);
  const more = faults.length > first.length ? `; and ${String(faults.length - first.length)} more, in the details` : '';
  throw new ApiError(400, 'BadRequest', `The call is not valid: ${first.join('; ')}${more}.`, { details: faults });

  function requestOf(call: Record<string, unknown>, tenant: string): CreateCallRequest {
    const data = { callId: callIdFor(tenant, caller.appId, key), tenantId: tenant, call };
    return { data, requestHash: requestHash({ appId, tenantId: tenant, call }) };
  }
}
