import 'reflect-metadata';
import { Type } from 'class-transformer';
import {
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsISO8601,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  Min,
  ValidateNested,
} from 'class-validator';
import { CreationError } from '../observations/creation-error.js';
import type { FailureReason } from '../observations/observations.js';
import { IsNullable } from '../codec/validation.js';

// The rules describe a snapshot to who reads it; only the sequencer writes one, so no reader spends time on checking them.

/** One attempt to dial, as the history knows it. */
export class AttemptInHistory {
  @IsInt()
  @Min(1)
  readonly attempt!: number;

  @IsNullable()
  @IsString()
  readonly graphCallId!: string | null;

  @IsBoolean()
  readonly isProven!: boolean;
}

/** A call of Graph's beside the one that is the call. */
export class SurplusCall {
  @IsInt()
  @Min(1)
  readonly attempt!: number;

  @IsString()
  readonly graphCallId!: string;

  @IsOptional()
  @IsIn(['ended', 'gone', 'refused'])
  readonly end?: 'ended' | 'gone' | 'refused';

  /** Number of the last end request for which Graph permanently refused to hang up this surplus call; 0: it was hung up unasked. */
  @IsOptional()
  @IsInt()
  @Min(0)
  readonly refusedRequest?: number;
}

/** Graph's tone, by which a repeat and an older one are known. */
export class ToneInHistory {
  @IsInt()
  readonly sequenceId!: number;

  @IsString()
  readonly tone!: string;
}

/** An operation of the call, as far as a repeat and an older notification of it are to be known. */
export class OperationInHistory {
  /** Its id, else its client context. */
  @IsString()
  readonly key!: string;

  @IsString()
  readonly status!: string;

  /** Of all that was said of it. */
  @IsString()
  readonly digest!: string;
}

/** Somebody who was removed from the roster. */
export class DepartedParticipant {
  @IsString()
  readonly id!: string;

  /** Graph's `rosterSequenceNumber` of the departure, where it told one. */
  @IsNullable()
  @IsInt()
  readonly sequence!: number | null;
}

/** Why there will be no call. */
export class CreationFailure {
  @IsIn(['rejected', 'invalid', 'expired', 'cancelled'])
  readonly reason!: FailureReason;

  @IsNullable()
  @ValidateNested()
  @Type(() => CreationError)
  readonly error!: CreationError | null;
}

const PHASES = ['announced', 'accepted', 'created', 'failed', 'unknown', 'ended'] as const;

export type CallPhase = (typeof PHASES)[number];

/** The folded state of one call: all that the next observation needs, and all that a reader may want. */
export class FoldedCall {
  @IsIn(PHASES)
  readonly phase!: CallPhase;

  @IsUUID('all')
  readonly tenantId!: string;

  @IsUUID('all')
  readonly appId!: string;

  @IsNullable()
  @IsString()
  readonly requestHash!: string | null;

  @IsBoolean()
  readonly isAccepted!: boolean;

  @IsNullable()
  @IsString()
  readonly kind!: string | null;

  @IsNullable()
  @IsString()
  readonly media!: string | null;

  @IsNullable()
  @IsISO8601({ strict: true })
  readonly notAfter!: string | null;

  @IsNullable()
  @IsString()
  readonly ifUnknown!: string | null;

  @ValidateNested({ each: true })
  @Type(() => AttemptInHistory)
  readonly attempts!: readonly AttemptInHistory[];

  /** The attempt that is the call; others that are proven are surplus. */
  @IsNullable()
  @IsInt()
  readonly attempt!: number | null;

  @IsNullable()
  @IsString()
  readonly graphCallId!: string | null;

  @IsNullable()
  @IsObject()
  readonly call!: Record<string, unknown> | null;

  /** Graph's call state; null before its first notification. */
  @IsNullable()
  @IsString()
  readonly state!: string | null;

  /** Its place in a call's life; null for the rank that the state has by itself. A state that nobody knows takes over the last one. */
  @IsNullable()
  @IsInt()
  readonly stateRank!: number | null;

  @IsNullable()
  @IsObject()
  readonly mediaState!: Record<string, unknown> | null;

  @IsNullable()
  @IsObject()
  readonly resultInfo!: Record<string, unknown> | null;

  @IsNullable()
  @IsString()
  readonly terminationReason!: string | null;

  @IsArray()
  @IsObject({ each: true })
  readonly participants!: readonly Record<string, unknown>[];

  /** Participants beyond those that fit into a snapshot. */
  @IsInt()
  @Min(0)
  readonly participantsTruncated!: number;

  /** Whether the command asked Graph for rosters that tell only what has changed. */
  @IsBoolean()
  readonly isDeltaRoster!: boolean;

  /** Those who left last, newest last. */
  @ValidateNested({ each: true })
  @Type(() => DepartedParticipant)
  readonly departed!: readonly DepartedParticipant[];

  /** The last tone by Graph's count. */
  @IsNullable()
  @ValidateNested()
  @Type(() => ToneInHistory)
  readonly lastTone!: ToneInHistory | null;

  /** The operations that were told of last, newest last. */
  @ValidateNested({ each: true })
  @Type(() => OperationInHistory)
  readonly operations!: readonly OperationInHistory[];

  @IsNullable()
  @ValidateNested()
  @Type(() => CreationFailure)
  readonly failure!: CreationFailure | null;

  /** The attempt that nobody knows the outcome of; null while there is none. */
  @IsNullable()
  @IsInt()
  readonly unknownAttempt!: number | null;

  /** Whether an operator, or the command's `ifUnknown`, has to decide what becomes of that attempt. */
  @IsBoolean()
  readonly isParked!: boolean;

  /** Proven calls that are not the call: to be ended, unless it says what came of that. */
  @ValidateNested({ each: true })
  @Type(() => SurplusCall)
  readonly surplus!: readonly SurplusCall[];

  /** Whether Graph refused for good to end the call. */
  @IsBoolean()
  readonly isEndRefused!: boolean;

  /** Number of the last end request that Graph permanently refused; the tenant's first request is 1. */
  @IsOptional()
  @IsInt()
  @Min(1)
  readonly endRefusedRequest?: number;

  /**
   * Observation id of the last unreadable or empty callback. The dispatcher asks Graph for the call and names this id in its
   * observation; folding that removes the mark.
   */
  @IsOptional()
  @IsString()
  readonly unreadCallbackId?: string;

  /** Marks of the last observations seen, newest last, so that a repeat is known as one; of one that was folded in part, with what is left. */
  @IsString({ each: true })
  readonly seen!: readonly string[];
}

/** Number of the last end request that Graph permanently refused; null when it refused none. Older dispatchers wrote no number. */
export function refusedEndOf({
  isEndRefused,
  endRefusedRequest,
}: Pick<FoldedCall, 'isEndRefused' | 'endRefusedRequest'>): number | null {
  return isEndRefused ? (endRefusedRequest ?? 1) : null;
}

/** The same for a surplus call; 0 when Graph refused the hang-up that nobody had asked for. */
export function refusedEndOfSurplus({ end, refusedRequest }: Pick<SurplusCall, 'end' | 'refusedRequest'>): number | null {
  return end === 'refused' ? (refusedRequest ?? 0) : null;
}
