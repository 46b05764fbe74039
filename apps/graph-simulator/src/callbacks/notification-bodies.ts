import { isObject } from '@callbus/graph';
import type { CreatedCall } from '../calls/call-response.js';
import type { Json } from '../calls/graph-call.js';
import type { Participant } from '../calls/roster.js';

/** How a call ended. @see https://learn.microsoft.com/graph/api/call-delete codes and subcodes */
export interface CallResult {
  readonly code: number;
  readonly subcode: number;
  readonly message: string;
}

/** The body of a callback, shaped as the page’s notifications of establishing and established are. */
export function callUpdated(
  call: CreatedCall,
  state: 'establishing' | 'established',
  mediaState?: { readonly audio: string },
): Json {
  const { chatInfo, meetingInfo } = call.request;
  return notification(call, {
    changeType: 'updated',
    callbackUri: call.request['callbackUri'],
    resourceData: {
      '@odata.type': '#microsoft.graph.call',
      state,
      ...(isObject(chatInfo) && { chatInfo }),
      ...(isObject(meetingInfo) && { meetingInfo }),
      ...(mediaState && { mediaState: { '@odata.type': '#microsoft.graph.callMediaState', ...mediaState } }),
      ...(state === 'established' && call.kind !== 'meeting' && { direction: 'outgoing' }),
      id: call.id,
    },
  });
}

export function callTerminating(call: CreatedCall): Json {
  return notification(call, {
    changeType: 'updated',
    resourceData: { '@odata.type': '#microsoft.graph.call', state: 'terminating' },
  });
}

export function callTerminated(call: CreatedCall, result: CallResult): Json {
  return notification(call, {
    changeType: 'deleted',
    resourceData: {
      '@odata.type': '#microsoft.graph.call',
      state: 'terminated',
      resultInfo: { '@odata.type': '#microsoft.graph.resultInfo', ...result },
    },
  });
}

/** The whole list of those who are there, as Graph sends it unless a delta roster was asked for. */
export function rosterUpdated(call: CreatedCall, participants: readonly Participant[]): Json {
  return notification(
    call,
    { changeType: 'updated', callbackUri: call.request['callbackUri'], resourceData: participants.map(participantBody) },
    '/participants',
  );
}

function participantBody({ id, identity, isInLobby }: Participant, index: number): Json {
  return {
    '@odata.type': '#microsoft.graph.participant',
    info: { '@odata.type': '#microsoft.graph.participantInfo', identity, languageId: 'en-US' },
    mediaStreams: [
      {
        '@odata.type': '#microsoft.graph.mediaStream',
        mediaType: 'audio',
        sourceId: String(index + 1),
        direction: 'sendReceive',
        serverMuted: false,
      },
    ],
    isMuted: false,
    isInLobby,
    id,
  };
}

function notification(call: CreatedCall, content: Json, below = ''): Json {
  return {
    '@odata.type': '#microsoft.graph.commsNotifications',
    value: [
      {
        '@odata.type': '#microsoft.graph.commsNotification',
        ...content,
        resourceUrl: `/communications/calls/${call.id}${below}`,
      },
    ],
  };
}
