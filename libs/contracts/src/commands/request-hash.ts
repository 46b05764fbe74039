import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** Members that are the same call whatever they say: ours replaces the one, Graph ignores the others. */
const NOT_PART_OF_THE_REQUEST = [
  'callbackUri',
  'id',
  'state',
  'mediaState',
  'resultInfo',
  'myParticipantId',
  'callRoutes',
  'toneInfo',
  'transcription',
  'incomingContext',
  'direction',
  'participants',
  'operations',
  'audioRoutingGroups',
  'contentSharingSessions',
];

/**
 * What makes two commands the same request: the SHA-256 of the canonical JSON (RFC 8785) of app, tenant and call.
 * @returns `1:` and 64 hexadecimal digits; the number is the version of this rule
 */
export function requestHash(request: { readonly appId: string; readonly tenantId: string; readonly call: object }): string {
  const call = Object.fromEntries(Object.entries(request.call).filter(([name]) => !NOT_PART_OF_THE_REQUEST.includes(name)));
  const canonical = canonicalize({ appId: request.appId.toLowerCase(), tenantId: request.tenantId.toLowerCase(), call }) ?? '';
  return `1:${createHash('sha256').update(canonical).digest('hex')}`;
}
