import 'reflect-metadata';
import { Type } from 'class-transformer';
import { IsInt, IsObject, IsOptional, IsString, IsUUID, Matches, Min, ValidateNested } from 'class-validator';
import { ContractError } from '../errors.js';
import { FoldedCall } from './folded-call.js';
import { parseRecord } from '../codec/json.js';
import { checkedAs } from '../codec/validation.js';

/**
 * The version of the fold whose state the snapshots hold: another one may make other events of the same observations.
 * A release reads the snapshots of older versions, never of newer ones: docs/decisions/0009-fold-versions.md.
 */
export const FOLD_VERSION = 2;

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
  @ValidateNested()
  @Type(() => FoldedCall)
  call!: FoldedCall;
  /** What the dispatcher's last observation had as its header: the trace that callbacks belong to, which Graph does not know. */
  @IsOptional()
  @IsString()
  traceparent?: string;
}

export function encodeSnapshot(snapshot: Snapshot): Buffer {
  return Buffer.from(JSON.stringify(snapshot));
}

/**
 * Reads a snapshot of this fold version or of an older one; members that the latter lacks get their first value.
 * @throws ContractError; with UNKNOWN_VERSION the reader has to stop rather than guess
 */
export function decodeSnapshot(value: Buffer): Snapshot {
  const plain = parseRecord(value);
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
