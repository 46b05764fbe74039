import { IsOptional } from 'class-validator';
import { isObject, memberOf } from '../json-value.js';
import {
  every,
  Formatted,
  Nested,
  ODataType,
  OneOf,
  OpenType,
  OptionalEnum,
  OptionalFlag,
  OptionalGuid,
  OptionalText,
  Required,
  RequiredId,
  Rule,
} from './model-member.js';

/** @see https://learn.microsoft.com/graph/api/resources/identity */
@OpenType()
export class Identity {
  /** Teams and the Bot Framework write a prefix before the id of a user or a bot, which Graph does not know. */
  @RequiredId(/^(?!8:orgid:|28:)[^\s{}]+$/, 'must be the id alone, without blanks, braces or a prefix such as 8:orgid:')
  id!: string;

  @OptionalText()
  displayName?: string | null;

  @OptionalGuid()
  tenantId?: string | null;
}

/** @see https://learn.microsoft.com/graph/api/resources/communicationsapplicationidentity */
export class CommunicationsApplicationIdentity extends Identity {
  @OptionalText()
  applicationType?: string | null;

  @OptionalFlag()
  hidden?: boolean | null;
}

/** @see https://learn.microsoft.com/graph/api/resources/communicationsapplicationinstanceidentity */
export class CommunicationsApplicationInstanceIdentity extends Identity {
  @OptionalFlag()
  hidden?: boolean | null;
}

/** @see https://learn.microsoft.com/graph/api/resources/communicationsguestidentity */
export class CommunicationsGuestIdentity extends Identity {
  @OptionalText()
  email?: string | null;
}

/** @see https://learn.microsoft.com/graph/api/resources/azurecommunicationservicesuseridentity */
export class AzureCommunicationServicesUserIdentity extends Identity {
  @OptionalText()
  azureCommunicationServicesResourceId?: string | null;
}

/**
 * An identity whose id is a telephone number.
 * @see https://learn.microsoft.com/graph/api/resources/communicationsphoneidentity
 */
@OpenType()
export class CommunicationsPhoneIdentity {
  @Required()
  @Formatted('e164', 'must be a telephone number in E.164: +, the country code and the number, digits only')
  @Formatted('no-premium-rate', 'must not be a premium-rate number')
  id!: string;

  @OptionalText()
  displayName?: string | null;
}

const IDENTITY_TYPES = {
  '#microsoft.graph.identity': Identity,
  '#microsoft.graph.communicationsUserIdentity': Identity,
  '#microsoft.graph.communicationsApplicationIdentity': CommunicationsApplicationIdentity,
  '#microsoft.graph.communicationsApplicationInstanceIdentity': CommunicationsApplicationInstanceIdentity,
  '#microsoft.graph.communicationsGuestIdentity': CommunicationsGuestIdentity,
  '#microsoft.graph.communicationsPhoneIdentity': CommunicationsPhoneIdentity,
  '#microsoft.graph.communicationsEncryptedIdentity': Identity,
  '#microsoft.graph.azureCommunicationServicesUserIdentity': AzureCommunicationServicesUserIdentity,
};

const PHONE_TYPES = {
  '#microsoft.graph.identity': CommunicationsPhoneIdentity,
  '#microsoft.graph.communicationsPhoneIdentity': CommunicationsPhoneIdentity,
};

const Party = (): PropertyDecorator => every(IsOptional(), OneOf(IDENTITY_TYPES, Identity));

const ENDPOINT_TYPES = ['default', 'voicemail', 'skypeForBusiness', 'skypeForBusinessVoipPhone', 'unknownFutureValue'];

/** The members of an identity set that Graph's calls use; each tells what sort of party it is. */
const PARTIES = [
  'user',
  'phone',
  'application',
  'applicationInstance',
  'guest',
  'device',
  'azureCommunicationServicesUser',
  'assertedIdentity',
  'encrypted',
  'onPremises',
] as const;

/** @see https://learn.microsoft.com/graph/api/resources/communicationsidentityset */
@OpenType()
export class IdentitySet {
  @ODataType('#microsoft.graph.identitySet', '#microsoft.graph.communicationsIdentitySet')
  '@odata.type'?: string | null;

  @Party()
  user?: Identity | null;

  @IsOptional()
  @OneOf(PHONE_TYPES, CommunicationsPhoneIdentity)
  phone?: CommunicationsPhoneIdentity | null;

  @Party()
  application?: Identity | null;

  @Party()
  applicationInstance?: Identity | null;

  @Party()
  guest?: Identity | null;

  @Party()
  device?: Identity | null;

  @Party()
  azureCommunicationServicesUser?: Identity | null;

  @Party()
  assertedIdentity?: Identity | null;

  @Party()
  encrypted?: Identity | null;

  @Party()
  onPremises?: Identity | null;

  @OptionalEnum(...ENDPOINT_TYPES)
  endpointType?: string | null;
}

/** Graph answers a create whose identity names nobody with 500, which leaves its outcome unknown: better refused here. */
const NamesSomebody = (): PropertyDecorator =>
  Rule(
    'namesSomebody',
    (value) => !isObject(value) || PARTIES.some((party) => memberOf(value, party) != null),
    () => ({ anyOf: PARTIES.map((party) => ({ required: [party], properties: { [party]: { type: 'object' } } })) }),
    `must name one of ${PARTIES.join(', ')}`,
  );

/** A required identity set. */
export const SomebodysIdentity = (): PropertyDecorator => every(Required(), Nested(IdentitySet), NamesSomebody());

/** @see https://learn.microsoft.com/graph/api/resources/participantinfo */
export class ParticipantInfo {
  @ODataType('#microsoft.graph.participantInfo')
  '@odata.type'?: string | null;

  @SomebodysIdentity()
  identity!: IdentitySet;

  @OptionalText()
  countryCode?: string | null;

  @OptionalEnum(...ENDPOINT_TYPES)
  endpointType?: string | null;

  @OptionalText()
  languageId?: string | null;

  @OptionalText()
  participantId?: string | null;

  @OptionalText()
  region?: string | null;
}

/** @see https://learn.microsoft.com/graph/api/resources/invitationparticipantinfo */
@OpenType()
export class InvitationParticipantInfo {
  @ODataType('#microsoft.graph.invitationParticipantInfo')
  '@odata.type'?: string | null;

  @SomebodysIdentity()
  identity!: IdentitySet;

  @OptionalFlag()
  hidden?: boolean | null;

  @OptionalText()
  participantId?: string | null;

  @OptionalFlag()
  removeFromDefaultAudioRoutingGroup?: boolean | null;

  @OptionalText()
  replacesCallId?: string | null;
}
