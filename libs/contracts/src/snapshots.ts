import 'reflect-metadata';
import { IsInt, IsObject, IsUUID, Matches, Min } from 'class-validator';
import type { CreationError } from './creation-error.js';
import { ContractError } from './errors.js';
import { parseJson } from './json.js';
import type { FailureReason } from './observations.js';
import { checkedAs } from './validation.js';

/**
 * The version of the fold whose state the snapshots hold: another one may make other events of the same observations.
 * A release reads the snapshots of older versions, never of newer ones: docs/decisions/0009-fold-versions.md.
 */
export const FOLD_VERSION = 2;

/** One attempt to dial, as the history knows it. */
export interface AttemptInHistory {
  readonly attempt: number;
  readonly graphCallId: string | null;
  readonly isProven: boolean;
}

/** A call of Graph's beside the one that is the call. */
export interface SurplusCall {
  readonly attempt: number;
  readonly graphCallId: string;
  readonly end?: 'ended' | 'gone' | 'refused';
}

/** Graph's tone, by which a repeat and an older one are known. */
export interface ToneInHistory {
  readonly sequenceId: number;
  readonly tone: string;
}

/** An operation of the call, as far as a repeat and an older notification of it are to be known. */
export interface OperationInHistory {
  /** Its id, else its client context. */
  readonly key: string;
  readonly status: string;
  /** Of all that was said of it. */
  readonly digest: string;
}

/** Somebody who was removed from the roster. */
export interface DepartedParticipant {
  readonly id: string;
  /** Graph's `rosterSequenceNumber` of the departure, where it told one. */
  readonly sequence: number | null;
}

export type CallPhase = 'announced' | 'accepted' | 'created' | 'failed' | 'unknown' | 'ended';

/** The folded state of one call: all that the next observation needs, and all that a reader may want. */
export interface FoldedCall {
  readonly phase: CallPhase;
  readonly tenantId: string;
  readonly appId: string;
  readonly requestHash: string | null;
  readonly isAccepted: boolean;
  readonly kind: string | null;
  readonly media: string | null;
  readonly notAfter: string | null;
  readonly ifUnknown: string | null;
  readonly attempts: readonly AttemptInHistory[];
  /** The attempt that is the call; others that are proven are surplus. */
  readonly attempt: number | null;
  readonly graphCallId: string | null;
  readonly call: Record<string, unknown> | null;
  /** Graph's call state; null before its first notification. */
  readonly state: string | null;
  /** Its place in a call's life; null for the rank that the state has by itself. A state that nobody knows takes over the last one. */
  readonly stateRank: number | null;
  readonly mediaState: Record<string, unknown> | null;
  readonly resultInfo: Record<string, unknown> | null;
  readonly terminationReason: string | null;
  readonly participants: readonly Record<string, unknown>[];
  /** Participants beyond those that fit into a snapshot. */
  readonly participantsTruncated: number;
  /** Whether the command asked Graph for rosters that tell only what has changed. */
  readonly isDeltaRoster: boolean;
  /** Those who left last, newest last. */
  readonly departed: readonly DepartedParticipant[];
  /** The last tone by Graph's count. */
  readonly lastTone: ToneInHistory | null;
  /** The operations that were told of last, newest last. */
  readonly operations: readonly OperationInHistory[];
  readonly failure: { readonly reason: FailureReason; readonly error: CreationError | null } | null;
  /** The attempt that nobody knows the outcome of; null while there is none. */
  readonly unknownAttempt: number | null;
  /** Whether an operator, or the command's `ifUnknown`, has to decide what becomes of that attempt. */
  readonly isParked: boolean;
  /** Proven calls that are not the call: to be ended, unless it says what came of that. */
  readonly surplus: readonly SurplusCall[];
  /** Whether Graph refused for good to end the call. */
  readonly isEndRefused: boolean;
  /** The last observations seen, newest last, so that a repeat is known as one. */
  readonly seen: readonly string[];
}

/** What the fold before this one did not know of a call. */
const ADDED_IN_VERSION_2: Pick<
  FoldedCall,
  'stateRank' | 'participantsTruncated' | 'isDeltaRoster' | 'departed' | 'lastTone' | 'operations'
> = { stateRank: null, participantsTruncated: 0, isDeltaRoster: false, departed: [], lastTone: null, operations: [] };

export class Snapshot {
  @Matches(/^[0-9a-f-]{36}$/)
  @IsUUID('all')
  callId!: string;
  /** Of the last event. */
  @IsInt()
  @Min(0)
  sequence!: number;
  /** Of the last observation that it includes, in the call's partition. */
  @IsInt()
  @Min(0)
  offset!: number;
  @IsInt()
  foldVersion!: number;
  @IsObject()
  call!: FoldedCall;
}

export function encodeSnapshot(snapshot: Snapshot): Buffer {
  return Buffer.from(JSON.stringify(snapshot));
}

/**
 * Reads a snapshot of this fold version or of an older one; members that the latter lacks get their first value.
 * @throws ContractError; with UNKNOWN_VERSION the reader has to stop rather than guess
 */
export function decodeSnapshot(value: Buffer): Snapshot {
  const plain = parseJson(value);
  const version = (plain as { foldVersion?: unknown } | null)?.foldVersion;
  if (typeof version === 'number' && version > FOLD_VERSION)
    throw new ContractError('UNKNOWN_VERSION', `The snapshot’s fold version is ${version}.`);
  const snapshot = checkedAs(Snapshot, plain);
  return { ...snapshot, call: { ...ADDED_IN_VERSION_2, ...snapshot.call } };
}

/**
 * Which of two snapshots of a call counts. Of one offset it is the one of the newer fold version: in a rolling upgrade both
 * may have folded the same observation.
 */
export function isOlderSnapshot(
  snapshot: Pick<Snapshot, 'offset' | 'foldVersion'>,
  other: Pick<Snapshot, 'offset' | 'foldVersion'>,
): boolean {
  return snapshot.offset < other.offset || (snapshot.offset === other.offset && snapshot.foldVersion < other.foldVersion);
}
