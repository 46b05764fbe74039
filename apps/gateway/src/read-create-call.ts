import { callIdFor, requestHash, type CreateCallData } from '@callbus/contracts';
import { validateCall } from '@callbus/graph';
import { ApiError } from './api-error.js';
import type { Caller } from './caller-tokens.js';
import type { GatewaySettings } from './gateway-settings.js';

export interface CreateCallRequest {
  readonly data: CreateCallData;
  /** By which the same call is known, whoever sends it. */
  readonly requestHash: string;
}

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MAX_KEY_LENGTH = 256;
/** The details have them all. */
const FAULTS_IN_MESSAGE = 5;

/**
 * Reads a create request: Graph's call resource, as Graph takes it.
 * @param keys names that make repeats of the request the same call: the first that is given counts
 * @throws ApiError 400 with every fault
 */
export function readCreateCall(
  body: unknown,
  caller: Caller,
  keys: readonly (string | undefined)[],
  { graphAppId: appId, callMaxBytes }: Pick<GatewaySettings, 'graphAppId' | 'callMaxBytes'>,
): CreateCallRequest {
  const faults = validateCall(body, callMaxBytes).map(({ path, message }) => ({ target: path, message }));
  const call = body as Record<string, unknown>;
  const tenantId = faults.some(({ target }) => target === '$') ? undefined : (call['tenantId'] ?? caller.tenantId);
  const isGuid = typeof tenantId === 'string' && GUID.test(tenantId);
  if (tenantId !== undefined && !isGuid && !faults.some(({ target }) => target === 'tenantId')) {
    faults.push({ target: 'tenantId', message: 'must be a GUID: the tenant to call in' });
  }
  const key = keys.find((one) => one !== undefined && one !== '') ?? null;
  if (key !== null && key.length > MAX_KEY_LENGTH) {
    faults.push({ target: 'Idempotency-Key', message: `must be at most ${String(MAX_KEY_LENGTH)} characters` });
  }
  if (faults.length > 0 || !isGuid) {
    const first = faults.slice(0, FAULTS_IN_MESSAGE).map(({ target, message }) => `${target} ${message}`);
    const more = faults.length > first.length ? `; and ${String(faults.length - first.length)} more, in the details` : '';
    throw new ApiError(400, 'BadRequest', `The call is not valid: ${first.join('; ')}${more}.`, { details: faults });
  }
  const tenant = tenantId.toLowerCase();
  const data = { callId: callIdFor(tenant, caller.appId, key), tenantId: tenant, call };
  return { data, requestHash: requestHash({ appId, tenantId: tenant, call }) };
}
