import { callIdFor, requestHash, type CreateCallData } from '@callbus/contracts';
import { isGuid, isObject, mediaFaultsOf, validateCall, type MediaHosts } from '@callbus/graph';
import { ApiError } from '../http/api-error.js';
import type { Caller } from '../callers/caller-tokens.js';

export interface CreateCallRequest {
  readonly data: CreateCallData;
  /** By which the same call is known, whoever sends it. */
  readonly requestHash: string;
  /** The call is known, and was accepted from the same request. */
  readonly isAccepted: boolean;
}

export interface CreateCallRules {
  readonly graphAppId: string;
  /** Size of a call as JSON, in bytes. */
  readonly callMaxBytes: number;
}

const MAX_KEY_LENGTH = 256;
/** The details have them all. */
const FAULTS_IN_MESSAGE = 5;

/**
 * Reads a create request: Graph's call resource, as Graph takes it. A request that was accepted is not validated again, because a
 * release may validate more strictly than the one that accepted it, and the call is placed.
 * @param keys names that make repeats of the request the same call: the first that is given counts
 * @param hashOf the `requestHash` of the call with this id, null for one that is not known
 * @throws ApiError 400 with every fault
 */
export function readCreateCall(
  body: unknown,
  caller: Caller,
  keys: readonly (string | undefined)[],
  { graphAppId: appId, callMaxBytes }: CreateCallRules,
  hashOf: (callId: string) => string | null,
): CreateCallRequest {
  const key = keys.find((one) => one !== undefined && one !== '') ?? null;
  const isKey = key === null || key.length <= MAX_KEY_LENGTH;
  const tenantId = isObject(body) ? (body['tenantId'] ?? caller.tenantId) : undefined;
  const isTenant = typeof tenantId === 'string' && isGuid(tenantId);
  const data = isObject(body) && isTenant && isKey ? dataOf(body, tenantId.toLowerCase()) : undefined;
  // A hash takes longer than most refusals, so only a repeat is hashed before it is validated.
  const knownHash = data === undefined || key === null ? null : hashOf(data.callId);
  if (data !== undefined && knownHash !== null && knownHash === hashOfRequest(data)) {
    return { data, requestHash: knownHash, isAccepted: true };
  }

  const faults = validateCall(body, callMaxBytes).map(({ path, message }) => ({ target: path, message }));
  if (tenantId !== undefined && !isTenant && !faults.some(({ target }) => target === 'tenantId' || target === '$')) {
    faults.push({ target: 'tenantId', message: 'must be a GUID: the tenant to call in' });
  }
  if (!isKey) {
    faults.push({ target: 'Idempotency-Key', message: `must be at most ${String(MAX_KEY_LENGTH)} characters` });
  }
  if (faults.length === 0 && data !== undefined) {
    return { data, requestHash: hashOfRequest(data), isAccepted: false };
  }
  throw invalidCall(faults);

  function hashOfRequest({ tenantId: tenant, call }: CreateCallData): string {
    return requestHash({ appId, tenantId: tenant, call });
  }

  function dataOf(call: Record<string, unknown>, tenant: string): CreateCallData {
    return { callId: callIdFor(tenant, caller.appId, key), tenantId: tenant, call };
  }
}

/** @throws ApiError 400 with every media address that is not on a listed host */
export function requireAllowedMedia(call: Readonly<Record<string, unknown>>, hosts: MediaHosts): void {
  const faults = mediaFaultsOf(call, hosts).map(({ path, message }) => ({ target: path, message }));
  if (faults.length > 0) throw invalidCall(faults);
}

function invalidCall(faults: readonly { readonly target: string; readonly message: string }[]): ApiError {
  const first = faults.slice(0, FAULTS_IN_MESSAGE).map(({ target, message }) => `${target} ${message}`);
  const more = faults.length > first.length ? `; and ${String(faults.length - first.length)} more, in the details` : '';
  return new ApiError(400, 'BadRequest', `The call is not valid: ${first.join('; ')}${more}.`, { details: [...faults] });
}
