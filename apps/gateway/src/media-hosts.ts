import { ApiError, type ApiErrorDetail } from './api-error.js';

const MAX_URI_LENGTH = 2_048;
/** Visible ASCII without the backslash: what this parser and Graph’s might read differently. */
const READ_ALIKE = /^[\x21-\x5b\x5d-\x7e]+$/;

/**
 * Whether Graph may be told to fetch media there: over https, at the usual port, from a host of the list itself. It is the parsed
 * host that counts, since text can look like an address that it is not.
 * @param hosts in lower case
 */
export function isAllowedMediaUri(uri: string, hosts: ReadonlySet<string>): boolean {
  if (uri.length > MAX_URI_LENGTH || !READ_ALIKE.test(uri) || !URL.canParse(uri)) return false;
  const { protocol, hostname, port, username, password } = new URL(uri);
  return protocol === 'https:' && port === '' && username === '' && password === '' && hosts.has(hostname);
}

/**
 * @param call a valid one
 * @throws ApiError 400 with every media address that is not on a listed host
 */
export function requireAllowedMedia(call: Readonly<Record<string, unknown>>, hosts: ReadonlySet<string>): void {
  const details = mediaUrisOf(call).flatMap(({ target, uri }): ApiErrorDetail[] =>
    isAllowedMediaUri(uri, hosts)
      ? []
      : [{ target, message: 'must be an https address on a host that GATEWAY_MEDIA_HOSTS lists' }],
  );
  if (details.length === 0) return;
  const summary = details.map(({ target, message }) => `${target} ${message}`).join('; ');
  throw new ApiError(400, 'BadRequest', `The call is not valid: ${summary}.`, { details });
}

function mediaUrisOf(call: Readonly<Record<string, unknown>>): { target: string; uri: string }[] {
  const { preFetchMedia } = (call['mediaConfig'] ?? {}) as { preFetchMedia?: readonly { readonly uri: string }[] | null };
  return (preFetchMedia ?? []).map(({ uri }, index) => ({ target: `mediaConfig.preFetchMedia[${String(index)}].uri`, uri }));
}
