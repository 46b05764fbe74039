import { isOurAnnotation } from './our-annotations.js';

/**
 * Members of a call that Graph makes itself and ignores or refuses in a create; old examples do send `direction`.
 * @see https://learn.microsoft.com/graph/api/resources/call
 */
export const READ_ONLY_MEMBERS: ReadonlySet<string> = new Set([
  'id',
  'state',
  'mediaState',
  'resultInfo',
  'direction',
  'myParticipantId',
  'callRoutes',
  'toneInfo',
  'transcription',
  'incomingContext',
  'participants',
  'operations',
  'audioRoutingGroups',
  'contentSharingSessions',
]);

/**
 * The body of the create that goes to Graph: the call as its author wrote it, without read-only members,
 * with our callback address in place of any other and without annotations of ours. Members that we do not know go through untouched.
 * @param callbackUri absolute https address; Graph posts every notification of the call there
 */
export function toGraphCall(call: object, callbackUri: string): object {
  const kept = Object.entries(call).filter(([name]) => !isDropped(name));
  return Object.fromEntries([...kept, ['callbackUri', callbackUri]]);
}

function isDropped(name: string): boolean {
  return READ_ONLY_MEMBERS.has(name) || name === 'callbackUri' || isOurAnnotation(name);
}
