import 'reflect-metadata';
import { isUtf8 } from 'node:buffer';
import { IsBoolean, IsIn, IsInt, IsISO8601, IsObject, IsOptional, IsString, IsUUID, Matches, Min } from 'class-validator';
import type { IfUnknown } from '../commands/commands.js';
import type { CreationError } from './creation-error.js';
import { ContractError } from '../errors.js';
import { parseRecord } from '../codec/json.js';
import { IsNullable, checkedAs } from '../codec/validation.js';

export const OBSERVATION_VERSION = 1;
/** Version of a notification whose body is not UTF-8. A process that knows only version 1 stops at it, as at any newer record. */
const ENCODED_BODY_VERSION = 2;

class ObservationBase {
  /** The same for the same fact, so that a repeat is seen as one. */
  @IsString()
  id!: string;

  @Matches(/^[0-9a-f-]{36}$/)
  callId!: string;

  @IsUUID('all')
  tenantId!: string;

  @IsUUID('all')
  appId!: string;

  /** When the fact was received or decided, ISO 8601. */
  @IsISO8601({ strict: true })
  receivedAt!: string;
}

/** The command is in the ledger. */
export class AcceptedObservation extends ObservationBase {
  readonly kind = 'accepted';
  @IsString()
  requestHash!: string;
  @IsIn(['peer', 'group', 'meeting', 'pstn'])
  callKind!: string;
  @IsIn(['service', 'app'])
  media!: string;
  @IsISO8601({ strict: true })
  notAfter!: string;
  @IsIn(['park', 'redial'])
  ifUnknown!: IfUnknown;
  /** Whether the command asks Graph for rosters that tell only what has changed. */
  @IsOptional()
  @IsBoolean()
  isDeltaRosterEnabled?: boolean;
}

export type FailureReason = 'rejected' | 'invalid' | 'expired' | 'cancelled';

/** What the ledger says became of the call, or of one attempt of it. */
export class OutcomeObservation extends ObservationBase {
  readonly kind = 'outcome';
  @IsIn(['created', 'failed', 'unknown'])
  outcome!: 'created' | 'failed' | 'unknown';
  @IsOptional()
  @IsInt()
  @Min(1)
  attempt?: number;
  @IsOptional()
  @IsISO8601({ strict: true })
  dialledAt?: string;
  @IsOptional()
  @IsIn(['response', 'callback'])
  provenBy?: 'response' | 'callback';
  @IsOptional()
  @IsNullable()
  @IsString()
  graphCallId?: string | null;
  @IsOptional()
  @IsNullable()
  @IsObject()
  call?: Record<string, unknown> | null;
  @IsOptional()
  @IsIn(['rejected', 'invalid', 'expired', 'cancelled'])
  reason?: FailureReason;
  @IsOptional()
  @IsObject()
  error?: CreationError;
  @IsOptional()
  @IsString()
  why?: string;
}

class CallbackObservation extends ObservationBase {
  readonly kind = 'notification';
  @IsInt()
  @Min(1)
  attempt!: number;
  /** Those of Graph's headers worth keeping, names in lower case; never the token. */
  @IsObject()
  headers!: Record<string, string>;
  /** Verified claims of the callback token: tid and appid. */
  @IsObject()
  claims!: Record<string, string>;
}

/** A callback of Graph, byte for byte: `body` is the text of the request's body, and empty where there was none. */
export class TextNotificationObservation extends CallbackObservation {
  @IsString()
  body!: string;
}

/** A callback of Graph whose body is not UTF-8, byte for byte: no text carries it without loss. */
export class EncodedNotificationObservation extends CallbackObservation {
  @Matches(/^[A-Za-z0-9+/]+={0,2}$/)
  bodyBase64!: string;
}

export type NotificationObservation = TextNotificationObservation | EncodedNotificationObservation;

/** The members that carry the bytes of a callback's body. */
export function carriedBody(
  body: Buffer,
): Pick<TextNotificationObservation, 'body'> | Pick<EncodedNotificationObservation, 'bodyBase64'> {
  return isUtf8(body) ? { body: body.toString('utf8') } : { bodyBase64: body.toString('base64') };
}

/** The bytes of a callback's body as Graph sent them. */
export function bodyBytes(notification: NotificationObservation): Buffer {
  return 'bodyBase64' in notification ? Buffer.from(notification.bodyBase64, 'base64') : Buffer.from(notification.body, 'utf8');
}

/**
 * The time within which Graph would have called back is over. It lies behind every callback that was stored before, so
 * whoever has folded it has counted them all.
 */
export class GraceOverObservation extends ObservationBase {
  readonly kind = 'grace-over';
  @IsInt()
  @Min(1)
  attempt!: number;
  @IsString()
  why!: string;
}

/** What of Graph's call resource tells where the call is, as Graph wrote it. */
export interface FoundCall {
  readonly state: string;
  readonly mediaState?: Readonly<Record<string, unknown>>;
  readonly resultInfo?: Readonly<Record<string, unknown>>;
}

/**
 * What Graph said of a call when it was asked. `gone`: it does not know the call any more, and said so twice.
 * `found`: what state it is in, though no callback told it.
 */
export class KeepAliveObservation extends ObservationBase {
  readonly kind = 'keep-alive';
  @IsInt()
  @Min(1)
  attempt!: number;
  @IsString()
  graphCallId!: string;
  @IsIn(['gone', 'found'])
  result!: 'gone' | 'found';
  /** When it was found. */
  @IsOptional()
  @IsObject()
  call?: FoundCall;
  /** Observation id of the unreadable callback that caused this look-up. */
  @IsOptional()
  @IsString()
  answers?: string;
}

/** What came of hanging up. */
export class EndObservation extends ObservationBase {
  readonly kind = 'end';
  @IsInt()
  @Min(1)
  attempt!: number;
  @IsString()
  graphCallId!: string;
  /** `refused`: for good. */
  @IsIn(['ended', 'gone', 'refused'])
  result!: 'ended' | 'gone' | 'refused';
  /** Number of the end request that Graph answered: the tenant's first is 1; 0 for a surplus call, hung up unasked. */
  @IsOptional()
  @IsInt()
  @Min(0)
  request?: number;
  @IsOptional()
  @IsObject()
  error?: CreationError;
}

export const OBSERVATION_CLASSES = {
  accepted: AcceptedObservation,
  outcome: OutcomeObservation,
  notification: TextNotificationObservation,
  'grace-over': GraceOverObservation,
  'keep-alive': KeepAliveObservation,
  end: EndObservation,
} as const;

type ObservationKind = keyof typeof OBSERVATION_CLASSES;

/** Kinds with a newer version beside the first. A writer uses the older version if it can carry the fact. */
export const NEWER_OBSERVATION_CLASSES = {
  notification: { version: ENCODED_BODY_VERSION, holder: EncodedNotificationObservation },
} as const satisfies Partial<Record<ObservationKind, { version: number; holder: new () => ObservationBase }>>;

export type Observation = InstanceType<(typeof OBSERVATION_CLASSES)[ObservationKind]> | EncodedNotificationObservation;

export function encodeObservation(observation: Observation): Buffer {
  const version = 'bodyBase64' in observation ? ENCODED_BODY_VERSION : OBSERVATION_VERSION;
  return Buffer.from(JSON.stringify(Object.assign({ version }, observation)));
}

/**
 * The largest observation that is parsed. It holds a callback's body, of at most 7 MiB (CALLBACK_MAX_BODY_BYTES), as text in
 * JSON, where a quote takes two bytes and a control character such as NUL six. That makes six shares of 7 MiB; the seventh is for
 * the other members.
 */
const MAX_OBSERVATION_BYTES = 7 * 7 * 1024 * 1024;

/** @throws ContractError; with UNKNOWN_VERSION the reader has to stop rather than guess */
export function decodeObservation(value: Buffer | null): Observation {
  if (value === null) throw new ContractError('NO_VALUE', 'The observation has no value.');
  const plain = parseRecord(value, MAX_OBSERVATION_BYTES);
  if (typeof plain !== 'object' || plain === null)
    throw new ContractError('INVALID_MESSAGE', 'The observation is not an object.');
  const { version, kind } = plain as { version?: unknown; kind?: unknown };
  const { notification: newer } = NEWER_OBSERVATION_CLASSES;
  if (kind === 'notification' && version === newer.version) return checkedAs<Observation>(newer.holder, plain);
  if (typeof version === 'number' && version > OBSERVATION_VERSION)
    throw new ContractError('UNKNOWN_VERSION', `The observation’s version is ${version}.`);
  if (version !== OBSERVATION_VERSION) throw new ContractError('INVALID_MESSAGE', 'The observation has no version.');
  if (typeof kind !== 'string' || !Object.hasOwn(OBSERVATION_CLASSES, kind))
    throw new ContractError('UNKNOWN_TYPE', 'The observation’s kind is not known.');
  return checkedAs<Observation>(OBSERVATION_CLASSES[kind as ObservationKind], plain);
}
