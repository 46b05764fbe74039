import { IsOptional, Matches } from 'class-validator';
import { IdentitySet, InvitationParticipantInfo, ParticipantInfo, SomebodysIdentity } from './identity-model.js';
import {
  Formatted,
  Nested,
  NestedList,
  ODataType,
  OneOf,
  OpenType,
  OptionalEnumList,
  OptionalFlag,
  OptionalGuid,
  OptionalText,
  Required,
  RequiredId,
  RequiredText,
} from './model-member.js';

/** @see https://learn.microsoft.com/graph/api/resources/mediainfo */
export class MediaInfo {
  @ODataType('#microsoft.graph.mediaInfo')
  '@odata.type'?: string | null;

  @Required()
  @Formatted('web-address', 'must be an absolute web address')
  uri!: string;

  @OptionalText()
  resourceId?: string | null;
}

/** What every media configuration may have. */
class MediaConfig {
  /** In no metadata of Graph's, and the type is closed; yet Microsoft's own examples of group calls send it. */
  @OptionalFlag()
  removeFromDefaultAudioGroup?: boolean | null;
}

/** @see https://learn.microsoft.com/graph/api/resources/servicehostedmediaconfig */
export class ServiceHostedMediaConfig extends MediaConfig {
  @IsOptional()
  @NestedList(MediaInfo)
  preFetchMedia?: MediaInfo[] | null;
}

/** @see https://learn.microsoft.com/graph/api/resources/apphostedmediaconfig */
export class AppHostedMediaConfig extends MediaConfig {
  /** The media session's configuration, opaque to everybody but the media platform. */
  @OptionalText()
  blob?: string | null;
}

/** @see https://learn.microsoft.com/graph/api/resources/organizermeetinginfo */
@OpenType()
export class OrganizerMeetingInfo {
  @SomebodysIdentity()
  organizer!: IdentitySet;

  @OptionalFlag()
  allowConversationWithoutHost?: boolean | null;
}

/** @see https://learn.microsoft.com/graph/api/resources/joinmeetingidmeetinginfo */
@OpenType()
export class JoinMeetingIdMeetingInfo {
  @RequiredId(/^\S+$/, 'must be the meeting’s id without the blanks that invitations show in it')
  joinMeetingId!: string;

  /** null joins a meeting that has none. */
  @OptionalText()
  passcode?: string | null;
}

/** @see https://learn.microsoft.com/graph/api/resources/tokenmeetinginfo */
export class TokenMeetingInfo {
  @RequiredText()
  token!: string;
}

/** @see https://learn.microsoft.com/graph/api/resources/chatinfo */
export class ChatInfo {
  @ODataType('#microsoft.graph.chatInfo')
  '@odata.type'?: string | null;

  @IsOptional()
  @Matches(/^[^\s%]*$/, {
    message: 'must be the id of the thread without blanks or percent-encoding, such as 19:meeting_…@thread.v2',
  })
  threadId?: string | null;

  @OptionalText()
  messageId?: string | null;

  @OptionalText()
  replyChainMessageId?: string | null;
}

/** @see https://learn.microsoft.com/graph/api/resources/outgoingcalloptions */
export class OutgoingCallOptions {
  @OptionalFlag()
  hideBotAfterEscalation?: boolean | null;

  @OptionalFlag()
  isContentSharingNotificationEnabled?: boolean | null;

  @OptionalFlag()
  isDeltaRosterEnabled?: boolean | null;

  @OptionalFlag()
  isInteractiveRosterEnabled?: boolean | null;
}

/**
 * What a create may carry. The type is open: members that are not here go through to Graph as they are.
 * `callbackUri` is not among them since ours replaces it; read-only members are dropped by toGraphCall.
 * @see https://learn.microsoft.com/graph/api/resources/call
 */
@OpenType()
export class Call {
  @ODataType('#microsoft.graph.call')
  '@odata.type'?: string | null;

  @IsOptional()
  @NestedList(InvitationParticipantInfo)
  targets?: InvitationParticipantInfo[] | null;

  @IsOptional()
  @Nested(ParticipantInfo)
  source?: ParticipantInfo | null;

  @Required()
  @OneOf({
    '#microsoft.graph.serviceHostedMediaConfig': ServiceHostedMediaConfig,
    '#microsoft.graph.appHostedMediaConfig': AppHostedMediaConfig,
  })
  mediaConfig!: ServiceHostedMediaConfig | AppHostedMediaConfig;

  @OptionalEnumList('audio', 'video', 'videoBasedScreenSharing', 'data')
  requestedModalities?: string[] | null;

  @IsOptional()
  @Nested(ChatInfo)
  chatInfo?: ChatInfo | null;

  @IsOptional()
  @OneOf({
    '#microsoft.graph.organizerMeetingInfo': OrganizerMeetingInfo,
    '#microsoft.graph.joinMeetingIdMeetingInfo': JoinMeetingIdMeetingInfo,
    '#microsoft.graph.tokenMeetingInfo': TokenMeetingInfo,
  })
  meetingInfo?: OrganizerMeetingInfo | JoinMeetingIdMeetingInfo | TokenMeetingInfo | null;

  @IsOptional()
  @OneOf({ '#microsoft.graph.outgoingCallOptions': OutgoingCallOptions })
  callOptions?: OutgoingCallOptions | null;

  @OptionalGuid()
  tenantId?: string | null;

  @OptionalText()
  subject?: string | null;

  /** Given to continue the chain of an earlier call; Graph makes one otherwise. */
  @OptionalText()
  callChainId?: string | null;
}
