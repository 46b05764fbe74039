import { IsArray, IsBoolean, IsIn, IsOptional, Matches } from 'class-validator';
import { IdentitySet, InvitationParticipantInfo, ParticipantInfo, SomebodysIdentity } from './identity-model.js';
import { Nested, NestedList, ODataType, OneOf, OptionalGuid, OptionalText, Required, RequiredText } from './model-member.js';

/** @see https://learn.microsoft.com/graph/api/resources/mediainfo */
export class MediaInfo {
  @ODataType('#microsoft.graph.mediaInfo')
  '@odata.type'?: string | null;

  @Required()
  @Matches(/^https?:\/\/\S+$/i, { message: 'must be an absolute web address' })
  uri!: string;

  @OptionalText()
  resourceId?: string | null;
}

/** @see https://learn.microsoft.com/graph/api/resources/servicehostedmediaconfig */
export class ServiceHostedMediaConfig {
  @IsOptional()
  @NestedList(MediaInfo)
  preFetchMedia?: MediaInfo[] | null;
}

/** @see https://learn.microsoft.com/graph/api/resources/apphostedmediaconfig */
export class AppHostedMediaConfig {
  /** The media session's configuration, opaque to everybody but the media platform. */
  @OptionalText()
  blob?: string | null;
}

/** @see https://learn.microsoft.com/graph/api/resources/organizermeetinginfo */
export class OrganizerMeetingInfo {
  @SomebodysIdentity()
  organizer!: IdentitySet;

  @IsOptional()
  @IsBoolean({ message: 'must be true or false' })
  allowConversationWithoutHost?: boolean | null;
}

/** @see https://learn.microsoft.com/graph/api/resources/joinmeetingidmeetinginfo */
export class JoinMeetingIdMeetingInfo {
  @RequiredText()
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

  @OptionalText()
  threadId?: string | null;

  @OptionalText()
  messageId?: string | null;

  @OptionalText()
  replyChainMessageId?: string | null;
}

/** @see https://learn.microsoft.com/graph/api/resources/outgoingcalloptions */
export class OutgoingCallOptions {
  @IsOptional()
  @IsBoolean({ message: 'must be true or false' })
  hideBotAfterEscalation?: boolean | null;

  @IsOptional()
  @IsBoolean({ message: 'must be true or false' })
  isContentSharingNotificationEnabled?: boolean | null;

  @IsOptional()
  @IsBoolean({ message: 'must be true or false' })
  isDeltaRosterEnabled?: boolean | null;

  @IsOptional()
  @IsBoolean({ message: 'must be true or false' })
  isInteractiveRosterEnabled?: boolean | null;
}

const MODALITIES = ['audio', 'video', 'videoBasedScreenSharing', 'data'];

/**
 * What a create may carry. The type is open: members that are not here go through to Graph as they are.
 * `callbackUri` is not among them since ours replaces it; read-only members are dropped by toGraphCall.
 * @see https://learn.microsoft.com/graph/api/resources/call
 */
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

  @IsOptional()
  @IsArray({ message: 'must be a list' })
  @IsIn(MODALITIES, { each: true, message: `each must be one of ${MODALITIES.join(', ')}` })
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
