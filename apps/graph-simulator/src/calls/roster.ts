import { sourceOf, type CreatedCall } from './call-response.js';
import { memberAt, objectAt, objectsAt, type Json } from './graph-call.js';

/** Somebody in a group call or a meeting. */
export interface Participant {
  readonly id: string;
  readonly identity: Json;
  readonly isInLobby: boolean;
}

/** A user that a script lets join. */
export interface JoiningUser {
  readonly id: string;
  readonly displayName: string;
}

/** Who is there when the call is established: the caller, and whom it called or the meeting's organiser. */
export function firstRoster(call: CreatedCall, newId: () => string): readonly Participant[] {
  const caller = objectAt(sourceOf(call), 'identity') ?? {};
  // A guest waits in the lobby until somebody lets it in.
  const isInLobby = memberAt(caller, 'guest') !== undefined;
  const organizer = objectAt(call.request, 'meetingInfo', 'organizer');
  const others =
    call.kind === 'meeting' ? [organizer] : objectsAt(call.request, 'targets').map((target) => objectAt(target, 'identity'));
  return [
    ...others.filter((identity) => identity !== undefined).map((identity) => ({ id: newId(), identity, isInLobby: false })),
    { id: call.myParticipantId, identity: caller, isInLobby },
  ];
}

export function withUser(user: JoiningUser, participantId: string): Participant {
  const identity = {
    '@odata.type': '#microsoft.graph.identitySet',
    user: { '@odata.type': '#microsoft.graph.identity', displayName: user.displayName, id: user.id },
  };
  return { id: participantId, identity, isInLobby: false };
}

/** Whether a participant is the user with this id. */
export function isUser(participant: Participant, userId: string): boolean {
  return memberAt(participant.identity, 'user', 'id') === userId;
}
