import { mediaFaultsOf } from '@callbus/graph';
import { ApiError } from './api-error.js';

/**
 * @param hosts in lower case
 * @throws ApiError 400 with every media address that is not on a listed host
 */
export function requireAllowedMedia(call: Readonly<Record<string, unknown>>, hosts: ReadonlySet<string>): void {
  const faults = mediaFaultsOf(call, { setting: 'GATEWAY_MEDIA_HOSTS', hosts });
  if (faults.length === 0) return;
  const details = faults.map(({ path: target, message }) => ({ target, message }));
  const summary = details.map(({ target, message }) => `${target} ${message}`).join('; ');
  throw new ApiError(400, 'BadRequest', `The call is not valid: ${summary}.`, { details });
}
