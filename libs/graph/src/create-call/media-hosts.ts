import { memberOf } from '../json-value.js';
import type { CallFault } from '../call-model/model-faults.js';

const MAX_URI_LENGTH = 2_048;
/** Visible ASCII without the backslash. Graph’s parser might read any other character differently than this one. */
const READ_ALIKE = /^[\x21-\x5b\x5d-\x7e]+$/;

/** The hosts that a call may name for media, and the setting that lists them. */
export interface MediaHosts {
  readonly setting: string;
  /** In lower case. */
  readonly hosts: ReadonlySet<string>;
}

/** Names every media address of the call that is not on a listed host. @param call a valid one (validateCall) */
export function mediaFaultsOf(call: unknown, { setting, hosts }: MediaHosts): CallFault[] {
  const listed = memberOf(memberOf(call, 'mediaConfig'), 'preFetchMedia');
  return (Array.isArray(listed) ? listed : []).flatMap((media: unknown, index): CallFault[] => {
    const path = `mediaConfig.preFetchMedia[${index}].uri`;
    const message = `must be an https address on a host that ${setting} lists`;
    return isAllowed(memberOf(media, 'uri'), hosts) ? [] : [{ path, message }];
  });
}

/**
 * True when Graph may fetch media from this address: https, the default port and a listed host, not a subdomain of one. It
 * compares the parsed host, because a text can look like another address than it is.
 */
function isAllowed(uri: unknown, hosts: ReadonlySet<string>): boolean {
  if (typeof uri !== 'string' || uri.length > MAX_URI_LENGTH || !READ_ALIKE.test(uri) || !URL.canParse(uri)) return false;
  const { protocol, hostname, port, username, password } = new URL(uri);
  return protocol === 'https:' && port === '' && username === '' && password === '' && hosts.has(hostname);
}
