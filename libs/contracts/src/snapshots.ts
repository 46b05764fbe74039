import 'reflect-metadata';
import { IsInt, IsObject, IsUUID, Matches, Min } from 'class-validator';
import { ContractError } from './errors.js';
import { parseJson } from './json.js';
import type { FailureReason } from './observations.js';
import type { CreationError } from './ledger-records.js';
import { checkedAs } from './validation.js';

/** The version of the fold whose state the snapshots hold. */
export const FOLD_VERSION = 1;

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
  readonly mediaState: Record<string, unknown> | null;
  readonly resultInfo: Record<string, unknown> | null;
  readonly terminationReason: string | null;
  readonly participants: readonly Record<string, unknown>[];
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

/** @throws ContractError; with UNKNOWN_VERSION the reader has to stop rather than guess */
export function decodeSnapshot(value: Buffer): Snapshot {
  const plain = parseJson(value);
  const version = (plain as { foldVersion?: unknown } | null)?.foldVersion;
  if (typeof version === 'number' && version > FOLD_VERSION)
    throw new ContractError('UNKNOWN_VERSION', `The snapshot’s fold version is ${version}.`);
  return checkedAs(Snapshot, plain);
}
