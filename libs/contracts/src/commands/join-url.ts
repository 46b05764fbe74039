import { JoinUrlError } from '../errors.js';

/** What a create needs to join a meeting, in Graph's words. */
export interface MeetingCoordinates {
  readonly tenantId: string;
  readonly chatInfo: Readonly<Record<string, unknown>>;
  readonly meetingInfo: Readonly<Record<string, unknown>>;
}

const MEETING_PATH = /\/l\/meetup-join\/([^/]+)\/([^/]+)\/?$/;
const SHORT_PATH = /\/meet\/(\d+)\/?$/;
const THREAD = /^\d+:[^\s/@]+@thread\.[\w.]+$/;
const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/**
 * Reads the link by which people join a Teams meeting:
 * `https://teams.microsoft.com/l/meetup-join/{thread}/{message}?context={"Tid":…,"Oid":…}`, percent-encoded.
 * @throws JoinUrlError that says what the link lacks
 * @see https://learn.microsoft.com/graph/api/application-post-calls the example that joins a scheduled meeting
 */
export function readJoinUrl(joinUrl: string): MeetingCoordinates {
  if (!URL.canParse(joinUrl)) throw new JoinUrlError('It is no address.');
  const url = new URL(joinUrl);
  const path = decoded(url.pathname);
  const [, threadId = '', messageId = ''] = MEETING_PATH.exec(path) ?? [];
  if (!THREAD.test(threadId) || !/^\d+$/.test(messageId)) throw new JoinUrlError(whyNoThread(path));
  const { Tid: tenantId, Oid: organizerId, MessageId: replyChainMessageId } = contextOf(url);
  if (!isGuid(tenantId)) throw new JoinUrlError('Its context names no tenant (Tid).');
  if (!isGuid(organizerId)) throw new JoinUrlError('Its context names no organizer (Oid).');
  return {
    tenantId,
    chatInfo: {
      '@odata.type': '#microsoft.graph.chatInfo',
      threadId,
      messageId,
      ...(typeof replyChainMessageId === 'string' && replyChainMessageId !== '' && { replyChainMessageId }),
    },
    meetingInfo: {
      '@odata.type': '#microsoft.graph.organizerMeetingInfo',
      organizer: {
        '@odata.type': '#microsoft.graph.identitySet',
        user: { '@odata.type': '#microsoft.graph.identity', id: organizerId, tenantId },
      },
    },
  };
}

/** What the link says in its `context`; nothing if that is no JSON object. */
function contextOf(url: URL): Readonly<Record<string, unknown>> {
  try {
    const context: unknown = JSON.parse(decoded(url.searchParams.get('context') ?? ''));
    return typeof context === 'object' && context !== null ? (context as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

function isGuid(value: unknown): value is string {
  return typeof value === 'string' && GUID.test(value);
}

function whyNoThread(path: string): string {
  const [, joinMeetingId] = SHORT_PATH.exec(path) ?? [];
  if (joinMeetingId === undefined) return 'It has no /l/meetup-join/{thread}/{message}; take the link of the invitation itself.';
  return (
    'A short link names neither the meeting’s thread nor its tenant. Place a call whose meetingInfo is a ' +
    `joinMeetingIdMeetingInfo with joinMeetingId ${joinMeetingId} and the passcode that the invitation shows.`
  );
}

/** Mail and chat programs escape a link that is escaped already. */
function decoded(text: string): string {
  try {
    const once = decodeURIComponent(text);
    return once === text ? text : decoded(once);
  } catch {
    return text;
  }
}
