import 'reflect-metadata';
import { Type } from 'class-transformer';
import {
  Equals,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsISO8601,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
  Min,
  ValidateNested,
} from 'class-validator';
import type { IfUnknown } from '../commands/commands.js';
import { CreationError } from '../observations/creation-error.js';
import type { FailureReason } from '../observations/observations.js';
import { IsNullable } from '../codec/validation.js';

/** One of Graph's resources with all its members; enums are spelled as its schema spells them. */
type Resource = Readonly<Record<string, unknown>>;

/** What every event says of its call. */
export class EventSubject {
  /** Ours, for the call's whole life; the record's key. */
  @Matches(/^[0-9a-f-]{36}$/)
  readonly callId!: string;

  /** Graph's, null until it is known. */
  @IsNullable()
  @IsString()
  readonly graphCallId!: string | null;

  /** The tenant that is called. */
  @IsUUID('all')
  readonly tenantId!: string;

  /** The app registration that calls. */
  @IsUUID('all')
  readonly appId!: string;
}

class TruncatableData {
  /** How many participants or members were left out, since the event would have been too large for its topic. */
  @IsOptional()
  @IsInt()
  @Min(1)
  truncated?: number;
}

/** The command is in the ledger. */
export class CallAcceptedData {
  @IsIn(['peer', 'group', 'meeting', 'pstn'])
  kind!: string;

  /** Whether Graph plays the call's media (`service`) or the app does. */
  @IsIn(['service', 'app'])
  media!: string;

  /** The call is not dialled after it. */
  @IsISO8601({ strict: true })
  notAfter!: string;

  @IsIn(['park', 'redial'])
  ifUnknown!: IfUnknown;

  /** Graph called back before this was known. */
  @IsOptional()
  @Equals(true)
  late?: true;
}

/** Graph said 201, or a callback proved it. */
export class CallCreatedData extends TruncatableData {
  @IsInt()
  @Min(1)
  attempt!: number;

  /** Absent when only a callback proves it. */
  @IsOptional()
  @IsISO8601({ strict: true })
  dialledAt?: string;

  @IsIn(['response', 'callback'])
  provenBy!: 'response' | 'callback';

  /** Graph's call resource, when its answer carried it. */
  @IsNullable()
  @IsObject()
  call!: Resource | null;
}

/** It surely did not happen and will not. */
export class CallCreationFailedData {
  @IsIn(['rejected', 'invalid', 'expired', 'cancelled'])
  reason!: FailureReason;

  @IsNullable()
  @ValidateNested()
  @Type(() => CreationError)
  error!: CreationError | null;
}

/** The request may have dialled, and nobody knows. */
export class CallOutcomeUnknownData {
  @IsInt()
  @Min(1)
  attempt!: number;

  /** In words. */
  @IsString()
  why!: string;

  /** Whether an operator has to decide what becomes of it. */
  @IsBoolean()
  parked!: boolean;
}

/** A change of state, media or result. */
export class CallStateChangedData extends TruncatableData {
  @IsNullable()
  @IsString()
  previousState!: string | null;

  /** Graph's call state: establishing, established, … terminated. */
  @IsString()
  state!: string;

  @IsNullable()
  @IsObject()
  mediaState!: Resource | null;

  /** Codes as numbers, and `meaning` in words, null where nobody knows it. */
  @IsNullable()
  @IsObject()
  resultInfo!: Resource | null;

  @IsNullable()
  @IsString()
  terminationReason!: string | null;

  /** What else is new of the call: `answeredBy`, `transcription` … */
  @IsOptional()
  @IsObject()
  call?: Resource;

  /** The call is over; only late events, DuplicateCallDetected and CallEndFailed come after it. */
  @IsBoolean()
  final!: boolean;

  /** Graph told it after something that comes later in a call's life, or after the end. */
  @IsBoolean()
  late!: boolean;

  @IsIn(['callback', 'reconciler'])
  observedBy!: 'callback' | 'reconciler';
}

/** The list of participants has changed. */
export class RosterUpdatedData extends TruncatableData {
  /** The whole list. */
  @IsArray()
  @IsObject({ each: true })
  participants!: readonly Resource[];

  /** Ids of participants. */
  @IsString({ each: true })
  joined!: string[];

  /** Ids of participants. */
  @IsString({ each: true })
  left!: string[];

  /** Ids of participants. */
  @IsString({ each: true })
  changed!: string[];

  /** Of those who left: the ones of whom Graph says why, in `removedState`. */
  @IsOptional()
  @IsArray()
  @IsObject({ each: true })
  removed?: readonly Resource[];

  /** Graph told it after something that comes later in a call's life, or after the end. */
  @IsBoolean()
  late!: boolean;
}

/** A prompt, a recording, an invitation or another operation went on or is done. */
export class CallOperationUpdatedData extends TruncatableData {
  @IsNullable()
  @IsString()
  operationId!: string | null;

  /** Graph's: created, updated or deleted. */
  @IsNullable()
  @IsString()
  changeType!: string | null;

  @IsObject()
  operation!: Resource;

  /** Graph told it after something that comes later in a call's life, or after the end. */
  @IsBoolean()
  late!: boolean;
}

/** Somebody pressed a key. */
export class CallToneReceivedData {
  @IsObject()
  toneInfo!: Resource;

  /** Graph told it after something that comes later in a call's life, or after the end. */
  @IsBoolean()
  late!: boolean;
}

/** Somebody began, changed or ended sharing content. */
export class ContentSharingChangedData extends TruncatableData {
  /** Graph's: created, updated or deleted. */
  @IsNullable()
  @IsString()
  changeType!: string | null;

  @IsArray()
  @IsObject({ each: true })
  contentSharingSessions!: readonly Resource[];

  /** Graph told it after something that comes later in a call's life, or after the end. */
  @IsBoolean()
  late!: boolean;
}

/** Another attempt of this call turns out to live, or one lives after the history said that it failed. */
export class DuplicateCallDetectedData {
  @IsInt()
  @Min(1)
  attempt!: number;

  /** Of the surplus call. */
  @IsString()
  graphCallId!: string;
}

/** Graph refused for good to hang up. */
export class CallEndFailedData {
  @IsInt()
  @Min(1)
  attempt!: number;

  @IsNullable()
  @ValidateNested()
  @Type(() => CreationError)
  error!: CreationError | null;
}

export const EVENT_CLASSES = {
  CallAccepted: CallAcceptedData,
  CallCreated: CallCreatedData,
  CallCreationFailed: CallCreationFailedData,
  CallOutcomeUnknown: CallOutcomeUnknownData,
  CallStateChanged: CallStateChangedData,
  RosterUpdated: RosterUpdatedData,
  CallOperationUpdated: CallOperationUpdatedData,
  CallToneReceived: CallToneReceivedData,
  ContentSharingChanged: ContentSharingChangedData,
  DuplicateCallDetected: DuplicateCallDetectedData,
  CallEndFailed: CallEndFailedData,
} as const;

/** The data of each event beyond its subject. */
export type EventData = { [T in keyof typeof EVENT_CLASSES]: InstanceType<(typeof EVENT_CLASSES)[T]> };

export type EventType = keyof EventData;
