import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { IsIn, IsInt, IsObject, IsOptional, IsString, IsUUID, Matches, MaxLength, Min } from 'class-validator';
import { dataSchema, decodeCloudEvent, schemaVersion, withoutNulls, type CloudEvent } from '../codec/cloud-event.js';
import { CALL_ID, isCallId } from './call-id.js';
import { IsDateTimeText } from '../codec/date-time.js';
import { ContractError } from '../errors.js';
import { parseInput } from '../codec/json.js';
import { maxRecordBytes, TOPICS, type TopicSpec } from '../topics/topics.js';
import { checkedAs } from '../codec/validation.js';

const CALL_ID_RULE = { message: 'must be a UUID in lower case with dashes' };

export type IfUnknown = 'park' | 'redial';

/** Dial once, before `notAfter`. */
export class CreateCallData {
  @Matches(CALL_ID, CALL_ID_RULE)
  callId!: string;

  @IsUUID('all')
  tenantId!: string;

  /** The app registration to call as; the installation's own when not given. */
  @IsOptional()
  @IsUUID('all')
  appId?: string;

  /** A date-time of RFC 3339; by default some time after the broker stamped the record. At most 24 h after it. */
  @IsOptional()
  @IsDateTimeText()
  notAfter?: string;

  /** What becomes of a call whose outcome nobody knows: `park` (default) or, for who fears a missed call more, `redial`. */
  @IsOptional()
  @IsIn(['park', 'redial'])
  ifUnknown?: IfUnknown;

  /** The call resource as Graph documents it: https://learn.microsoft.com/graph/api/resources/call */
  @IsObject()
  call!: Record<string, unknown>;
}

/** Hang up; before the dial it cancels. Repeating it is harmless; for a call that lives, also after CallEndFailed, Graph is asked again. */
export class EndCallData {
  @Matches(CALL_ID, CALL_ID_RULE)
  callId!: string;

  @IsUUID('all')
  tenantId!: string;
}

/** Most characters of the texts of a release. */
export const RELEASE_LIMITS = { reason: 1_000, operator: 200 } as const;

/** An operator allows one new dial after this attempt, which is parked; for any other attempt or state it does nothing. */
export class ReleaseCallData {
  @Matches(CALL_ID, CALL_ID_RULE)
  callId!: string;

  @IsUUID('all')
  tenantId!: string;

  /** The one that CallOutcomeUnknown named. */
  @IsInt()
  @Min(1)
  attempt!: number;

  /** Why it may be dialled again, in words; kept in the ledger. */
  @IsString()
  @MaxLength(RELEASE_LIMITS.reason)
  reason!: string;

  /** Who decided. */
  @IsString()
  @MaxLength(RELEASE_LIMITS.operator)
  operator!: string;
}

/** The id of no call. A release of it does nothing: `callbus doctor` sends one, since Kafka tells its time only on a record. */
export const NO_CALL = '00000000-0000-0000-0000-000000000000';

/** Commands of any producer, on the commands topic. */
export const COMMAND_CLASSES = { CreateCall: CreateCallData, EndCall: EndCallData } as const;

/** Commands of an operator, on the operator-commands topic and on no other. */
export const OPERATOR_COMMAND_CLASSES = { ReleaseCall: ReleaseCallData } as const;

type CommandClasses = Readonly<Record<string, new () => CommandData>>;
type CommandData = CreateCallData | EndCallData | ReleaseCallData;
type CommandOf<C extends CommandClasses> = {
  [T in keyof C]: { readonly type: T; readonly data: InstanceType<C[T]> };
}[keyof C];

export type Command = CommandOf<typeof COMMAND_CLASSES>;
export type OperatorCommand = CommandOf<typeof OPERATOR_COMMAND_CLASSES>;

export const COMMAND_VERSION = 1;

/** The envelope of a CreateCall; its id is the callId, so the same command has the same id wherever it is sent again. */
export function createCallCommand(source: string, data: CreateCallData): CloudEvent<CreateCallData> {
  return envelope('CreateCall', data.callId, source, data);
}

export function endCallCommand(source: string, data: EndCallData): CloudEvent<EndCallData> {
  return envelope('EndCall', randomUUID(), source, data);
}

export function releaseCallCommand(source: string, data: ReleaseCallData): CloudEvent<ReleaseCallData> {
  return envelope('ReleaseCall', randomUUID(), source, data);
}

function envelope<D extends { callId: string }>(type: string, id: string, source: string, data: D): CloudEvent<D> {
  return {
    specversion: '1.0',
    id,
    source,
    type,
    subject: data.callId,
    datacontenttype: 'application/json',
    dataschema: dataSchema(type, COMMAND_VERSION),
    data,
  };
}

type RecordHeaders = Parameters<typeof decodeCloudEvent>[1];

/**
 * Reads a record of the commands topic. The `call` itself and `notAfter` are not judged here: a readable command with an invalid call
 * is a failed call with a history, not a dead letter.
 * @throws ContractError for what is to be dead-lettered
 */
export function decodeCommand(key: Buffer | null, value: Buffer | null, headers: RecordHeaders): Command {
  return decode(TOPICS.commands, COMMAND_CLASSES, key, value, headers) as Command;
}

/** Reads a record of the operator-commands topic. @throws as `decodeCommand` */
export function decodeOperatorCommand(key: Buffer | null, value: Buffer | null, headers: RecordHeaders): OperatorCommand {
  return decode(TOPICS.operatorCommands, OPERATOR_COMMAND_CLASSES, key, value, headers) as OperatorCommand;
}

/** @param classes the types that the topic takes */
function decode(topic: TopicSpec, classes: CommandClasses, key: Buffer | null, value: Buffer | null, headers: RecordHeaders) {
  const event = decodeCloudEvent(value, headers, (bytes) => parseInput(bytes, maxRecordBytes(topic)));
  const { type } = event;
  const dataClass = Object.hasOwn(classes, type) ? classes[type] : undefined;
  if (dataClass === undefined) throw notOneOf(type);
  const version = schemaVersion(event.dataschema);
  if (version > COMMAND_VERSION) throw new ContractError('UNKNOWN_VERSION', `The version of ${type} is ${version}.`);
  const data = withoutNulls(checkedAs(dataClass, event.data));
  const keyText = key?.toString('utf8') ?? null;
  if (!isCallId(data.callId) || keyText !== data.callId)
    throw new ContractError('KEY_MISMATCH', 'The key differs from data.callId.');
  if (type === 'CreateCall' && event.id !== data.callId)
    throw new ContractError('ID_MISMATCH', 'The event’s id differs from data.callId.');
  return { type, data };
}

function notOneOf(type: string): ContractError {
  if (Object.hasOwn({ ...COMMAND_CLASSES, ...OPERATOR_COMMAND_CLASSES }, type))
    return new ContractError('WRONG_TOPIC', `A ${type} is not taken from this topic.`);
  return new ContractError('UNKNOWN_TYPE', `The type is ${JSON.stringify(type.slice(0, 64))}.`);
}
