import { isObject, memberOf } from '../json-value.js';

/** What sort of call a create asks for: one user, several, a meeting that exists, or one telephone number. */
export type CallKind = 'peer' | 'group' | 'meeting' | 'pstn';
/** Where the media is processed: by Microsoft's service or by the calling application itself. */
export type MediaHosting = 'service' | 'app';

const ROLE_OF_KIND: Readonly<Record<CallKind, string>> = {
  peer: 'Calls.Initiate.All',
  pstn: 'Calls.Initiate.All',
  group: 'Calls.InitiateGroupCall.All',
  meeting: 'Calls.JoinGroupCall.All',
};
const GUEST_JOIN_ROLE = 'Calls.JoinGroupCallAsGuest.All';
const APP_HOSTED_MEDIA_ROLE = 'Calls.AccessMedia.All';

/** Total: a call that is not valid gets the kind it is nearest to. Coordinates of a meeting outweigh targets. */
export function callKindOf(call: object): CallKind {
  if (isObject(memberOf(call, 'meetingInfo'))) return 'meeting';
  const targets = memberOf(call, 'targets');
  if (!Array.isArray(targets)) return 'peer';
  if (targets.length > 1) return 'group';
  return isPhone(targets[0]) ? 'pstn' : 'peer';
}

export function mediaHostingOf(call: object): MediaHosting {
  const type = memberOf(memberOf(call, 'mediaConfig'), '@odata.type');
  return type === '#microsoft.graph.appHostedMediaConfig' ? 'app' : 'service';
}

/**
 * The application roles that the token must carry for Graph to place this call, all of them.
 * The names are those in tokens; the plural ones of old examples («Calls.JoinGroupCalls.All») exist in no token.
 * @see https://learn.microsoft.com/graph/api/application-post-calls the permissions table and the notes of its examples
 */
export function requiredRolesOf(call: object): string[] {
  const kind = callKindOf(call);
  const isGuestJoin = kind === 'meeting' && isObject(memberOf(memberOf(memberOf(call, 'source'), 'identity'), 'guest'));
  if (isGuestJoin) return withMediaRole(GUEST_JOIN_ROLE, mediaHostingOf(call));
  return rolesFor(kind, mediaHostingOf(call));
}

/** The application roles that calls of this kind take, unless an app joins a meeting as a guest. */
export function rolesFor(kind: CallKind, media: MediaHosting): string[] {
  return withMediaRole(ROLE_OF_KIND[kind], media);
}

function withMediaRole(role: string, media: MediaHosting): string[] {
  return media === 'app' ? [role, APP_HOSTED_MEDIA_ROLE] : [role];
}

export const CALL_KINDS = Object.keys(ROLE_OF_KIND) as readonly CallKind[];

/** Every application role that creating calls can ask for. */
export const CALLING_ROLES: readonly string[] = [...new Set(Object.values(ROLE_OF_KIND)), GUEST_JOIN_ROLE, APP_HOSTED_MEDIA_ROLE];

function isPhone(target: unknown): boolean {
  return isObject(memberOf(memberOf(target, 'identity'), 'phone'));
}
