import { isObject, type JsonObject } from '../json-value.js';

/** An enum's names by their lower case, as Graph's schema spells them. */
type EnumNames = ReadonlyMap<string, string>;
/** Which members of a type hold enums, at any depth. Collections are spelled like what they hold. */
interface TypeSpelling {
  readonly [member: string]: EnumNames | TypeSpelling;
}

// The names of the enums in the metadata of v1.0: https://graph.microsoft.com/v1.0/$metadata
const CALL_STATE = names(
  'incoming establishing established hold transferring transferAccepted redirecting terminating terminated',
);
const CALL_DIRECTION = names('incoming outgoing');
const MODALITY = names('audio video videoBasedScreenSharing data');
const ENDPOINT_TYPE = names('default voicemail skypeForBusiness skypeForBusinessVoipPhone');
const TONE = names('tone0 tone1 tone2 tone3 tone4 tone5 tone6 tone7 tone8 tone9 star pound a b c d flash');

const PARTICIPANT_INFO: TypeSpelling = { endpointType: ENDPOINT_TYPE };
const PARTICIPANT: TypeSpelling = {
  info: PARTICIPANT_INFO,
  mediaStreams: { mediaType: MODALITY, direction: names('inactive sendOnly receiveOnly sendReceive') },
  recordingInfo: { recordingStatus: names('unknown notRecording recording failed') },
};

const TYPES = {
  changeType: names('created updated deleted'),
  call: {
    state: CALL_STATE,
    direction: CALL_DIRECTION,
    mediaState: { audio: names('active inactive') },
    requestedModalities: MODALITY,
    activeModalities: MODALITY,
    callRoutes: { routingType: names('forwarded lookup selfFork') },
    source: PARTICIPANT_INFO,
    targets: PARTICIPANT_INFO,
    answeredBy: PARTICIPANT_INFO,
    toneInfo: { tone: TONE },
    transcription: { state: names('notStarted active inactive') },
  },
  participant: PARTICIPANT,
  operation: {
    status: names('NotStarted Running Completed Failed'),
    completionReason: names('unknown completedSuccessfully mediaOperationCanceled'),
    participants: PARTICIPANT_INFO,
  },
} satisfies Record<string, EnumNames | TypeSpelling>;

/** A call, participant or operation with its enums as Graph's schema spells them; names that the schema lacks stay as they are. */
export function inSchemaSpelling(type: 'call' | 'participant' | 'operation', resource: JsonObject): JsonObject {
  return spelledObject(resource, TYPES[type]);
}

/** `created`, `updated` or `deleted`, whatever the case it came in; another text stays as it is. */
export function changeTypeOf(text: string): string {
  return spelled(text, TYPES.changeType) as string;
}

function spelled(value: unknown, spelling: EnumNames | TypeSpelling): unknown {
  if (Array.isArray(value)) return value.map((one) => spelled(one, spelling));
  if (spelling instanceof Map) return typeof value === 'string' ? (spelling.get(value.toLowerCase()) ?? value) : value;
  return isObject(value) ? spelledObject(value, spelling as TypeSpelling) : value;
}

function spelledObject(object: JsonObject, spelling: TypeSpelling): JsonObject {
  const members = Object.entries(spelling).filter(([name]) => Object.hasOwn(object, name));
  return members.length === 0
    ? object
    : { ...object, ...Object.fromEntries(members.map(([name, one]) => [name, spelled(object[name], one)])) };
}

function names(list: string): EnumNames {
  return new Map(list.split(' ').map((name) => [name.toLowerCase(), name]));
}
