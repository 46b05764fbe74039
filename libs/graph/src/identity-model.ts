import { IsBoolean, IsOptional, Matches, ValidateBy } from 'class-validator';
import { isObject } from './json-value.js';
import { Nested, ODataType, OptionalEnum, OptionalGuid, OptionalText, Required, RequiredText } from './model-member.js';

const IDENTITY_TYPES = [
  '#microsoft.graph.identity',
  '#microsoft.graph.communicationsUserIdentity',
  '#microsoft.graph.communicationsApplicationIdentity',
  '#microsoft.graph.communicationsApplicationInstanceIdentity',
  '#microsoft.graph.communicationsGuestIdentity',
  '#microsoft.graph.communicationsPhoneIdentity',
  '#microsoft.graph.communicationsEncryptedIdentity',
  '#microsoft.graph.azureCommunicationServicesUserIdentity',
];

/** @see https://learn.microsoft.com/graph/api/resources/identity */
export class Identity {
  @ODataType(...IDENTITY_TYPES)
  '@odata.type'?: string | null;

  @RequiredText()
  id!: string;

  @OptionalText()
  displayName?: string | null;

  @OptionalGuid()
  tenantId?: string | null;
}

/** An identity whose id is a telephone number. */
export class PhoneIdentity {
  @ODataType('#microsoft.graph.identity', '#microsoft.graph.communicationsPhoneIdentity')
  '@odata.type'?: string | null;

  @Required()
  @Matches(/^\+[1-9]\d{4,14}$/, { message: 'must be an E.164 number: +, the country code and at most 15 digits in all' })
  id!: string;

  @OptionalText()
  displayName?: string | null;
}

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
export class IdentitySet {
  @ODataType('#microsoft.graph.identitySet', '#microsoft.graph.communicationsIdentitySet')
  '@odata.type'?: string | null;

  @IsOptional()
  @Nested(Identity)
  user?: Identity | null;

  @IsOptional()
  @Nested(PhoneIdentity)
  phone?: PhoneIdentity | null;

  @IsOptional()
  @Nested(Identity)
  application?: Identity | null;

  @IsOptional()
  @Nested(Identity)
  applicationInstance?: Identity | null;

  @IsOptional()
  @Nested(Identity)
  guest?: Identity | null;

  @IsOptional()
  @Nested(Identity)
  device?: Identity | null;

  @IsOptional()
  @Nested(Identity)
  azureCommunicationServicesUser?: Identity | null;

  @IsOptional()
  @Nested(Identity)
  assertedIdentity?: Identity | null;

  @IsOptional()
  @Nested(Identity)
  encrypted?: Identity | null;

  @IsOptional()
  @Nested(Identity)
  onPremises?: Identity | null;
}

/** Graph answers a create whose identity names nobody with 500, which leaves its outcome unknown: better refused here. */
function NamesSomebody(): PropertyDecorator {
  const validate = (value: unknown): boolean =>
    !isObject(value) || PARTIES.some((party) => value[party] !== undefined && value[party] !== null);
  return ValidateBy({ name: 'namesSomebody', validator: { validate } }, { message: `must name one of ${PARTIES.join(', ')}` });
}

/** A required identity set. */
export function SomebodysIdentity(): PropertyDecorator {
  return (prototype, property) => {
    for (const decorate of [Required(), Nested(IdentitySet), NamesSomebody()]) decorate(prototype, property);
  };
}

const ENDPOINT_TYPES = ['default', 'voicemail', 'skypeForBusiness', 'skypeForBusinessVoipPhone', 'unknownFutureValue'];

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
export class InvitationParticipantInfo {
  @ODataType('#microsoft.graph.invitationParticipantInfo')
  '@odata.type'?: string | null;

  @SomebodysIdentity()
  identity!: IdentitySet;

  @IsOptional()
  @IsBoolean({ message: 'must be true or false' })
  hidden?: boolean | null;

  @OptionalText()
  participantId?: string | null;

  @IsOptional()
  @IsBoolean({ message: 'must be true or false' })
  removeFromDefaultAudioRoutingGroup?: boolean | null;

  @OptionalText()
  replacesCallId?: string | null;
}
