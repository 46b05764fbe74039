import 'reflect-metadata';
import { IsArray, IsIn, IsInt, IsObject, IsOptional, IsString, IsUUID, Max, Min } from 'class-validator';
import type { IfUnknown } from '../commands/commands.js';
import { CreationError } from '../observations/creation-error.js';
import { ContractError } from '../errors.js';
import { parseRecord } from '../codec/json.js';
import { IsLike, IsNullable, checkedAs } from '../codec/validation.js';

/** A ledger record’s, unless its type came later. */
export const LEDGER_VERSION = 1;

/** The farthest from 1970 that a Date can say, milliseconds. */
const DATE_REACHES_MS = 8.64e15;

/** Whose call it is. */
class CallOwner {
  @IsString()
  readonly tenantId!: string;
  @IsString()
  readonly appId!: string;
}

/** The command as the ledger keeps it: defaults applied, so that a replay needs no settings. */
export class LedgerCommand extends CallOwner {
  /** Milliseconds since the epoch, the broker's clock. An early release wrote null for a time that is no date, and meant 1970. */
  @IsNullable()
  @IsInt()
  @Min(-DATE_REACHES_MS)
  @Max(DATE_REACHES_MS)
  readonly notAfterMs!: number;
  @IsIn(['park', 'redial'])
  readonly ifUnknown!: IfUnknown;
  @IsObject()
  readonly call!: Record<string, unknown>;
}

class LedgerRecordBase {
  @IsUUID('all')
  callId!: string;
}

export class AcceptedRecord extends LedgerRecordBase {
  readonly type = 'Accepted';
  @IsObject()
  @IsLike(LedgerCommand)
  command!: LedgerCommand;
  @IsString()
  requestHash!: string;
}

export class InvalidRecord extends LedgerRecordBase {
  readonly type = 'Invalid';
  /** Nobody dials it: only whose it is has to be right. */
  @IsObject()
  @IsLike(CallOwner)
  command!: LedgerCommand;
  @IsString()
  requestHash!: string;
  @IsArray()
  @IsObject({ each: true })
  faults!: { path: string; message: string }[];
}

export class EndRequestedRecord extends LedgerRecordBase {
  readonly type = 'EndRequested';
  @IsUUID('all')
  tenantId!: string;
}

export class IntentRecord extends LedgerRecordBase {
  readonly type = 'Intent';
  @IsInt()
  @Min(1)
  attempt!: number;
  /** Fresh for every append; who has it in memory, and sees it take effect, may POST once. */
  @IsUUID('all')
  nonce!: string;
  /** Milliseconds after the record's LogAppendTime until which the POST may begin. */
  @IsInt()
  @Min(0)
  deadlineMs!: number;
  /** Milliseconds after the record's LogAppendTime from which the attempt may be declared unknown by another process. */
  @IsInt()
  @Min(0)
  orphanMs!: number;
}

class OutcomeBase extends LedgerRecordBase {
  @IsInt()
  @Min(1)
  attempt!: number;
  @IsOptional()
  @IsUUID('all')
  nonce?: string;
}

export class CreatedRecord extends OutcomeBase {
  readonly type = 'Created';
  @IsIn(['response', 'callback'])
  provenBy!: 'response' | 'callback';
  @IsOptional()
  @IsNullable()
  @IsString()
  graphCallId?: string | null;
  /** Graph's call resource as its answer carried it, when it did. */
  @IsOptional()
  @IsNullable()
  @IsObject()
  call?: Record<string, unknown> | null;
}

export class RejectedRecord extends OutcomeBase {
  readonly type = 'Rejected';
  @IsObject()
  @IsLike(CreationError)
  error!: CreationError;
}

export class RefusedRecord extends OutcomeBase {
  readonly type = 'Refused';
  /** Milliseconds after this record's LogAppendTime before which no next attempt is made. */
  @IsInt()
  @Min(0)
  retryAfterMs!: number;
  @IsObject()
  @IsLike(CreationError)
  error!: CreationError;
}

export class NotSentRecord extends OutcomeBase {
  readonly type = 'NotSent';
  @IsString()
  why!: string;
}

export class UnknownRecord extends OutcomeBase {
  readonly type = 'Unknown';
  @IsString()
  why!: string;
  /** Back-off that Graph asked of the app in the tenant, milliseconds from this record's LogAppendTime. The attempt itself is never repeated. */
  @IsOptional()
  @IsInt()
  @Min(0)
  retryAfterMs?: number;
}

export class ReleasedRecord extends LedgerRecordBase {
  readonly type = 'Released';
  @IsInt()
  @Min(1)
  attempt!: number;
  @IsIn(['operator', 'policy'])
  by!: 'operator' | 'policy';
  /** The new end of the call's time, for an operator's release. */
  @IsOptional()
  @IsInt()
  notAfterMs?: number;
  @IsOptional()
  @IsString()
  reason?: string;
  @IsOptional()
  @IsString()
  operator?: string;
}

export class ExpiredRecord extends LedgerRecordBase {
  readonly type = 'Expired';
  @IsString()
  why!: string;
}

/** Graph would refuse the call, and was not asked. */
export class ForbiddenRecord extends LedgerRecordBase {
  readonly type = 'Forbidden';
  @IsObject()
  @IsLike(CreationError)
  error!: CreationError;
}

export const LEDGER_CLASSES = {
  Accepted: AcceptedRecord,
  Invalid: InvalidRecord,
  EndRequested: EndRequestedRecord,
  Intent: IntentRecord,
  Created: CreatedRecord,
  Rejected: RejectedRecord,
  Refused: RefusedRecord,
  NotSent: NotSentRecord,
  Unknown: UnknownRecord,
  Released: ReleasedRecord,
  Expired: ExpiredRecord,
  Forbidden: ForbiddenRecord,
} as const;

export type LedgerRecord = InstanceType<(typeof LEDGER_CLASSES)[keyof typeof LEDGER_CLASSES]>;

/** A type that came later has a higher version than the first, so that a reader who lacks it stops instead of dialling what has failed. */
export const LATER_LEDGER_VERSIONS: Readonly<Record<string, number>> = { Forbidden: 2 };

function versionOf(type: unknown): number {
  return (
    (typeof type === 'string' && Object.hasOwn(LATER_LEDGER_VERSIONS, type) && LATER_LEDGER_VERSIONS[type]) || LEDGER_VERSION
  );
}

export function encodeLedgerRecord(record: LedgerRecord): Buffer {
  return Buffer.from(JSON.stringify(Object.assign({ version: versionOf(record.type) }, record)));
}

/**
 * @throws ContractError UNKNOWN_VERSION: the reader has to stop rather than guess; any other code: the record takes no
 * effect and is reported
 */
export function decodeLedgerRecord(value: Buffer | null): LedgerRecord {
  if (value === null) throw new ContractError('NO_VALUE', 'The ledger record has no value.');
  const plain = parseRecord(value);
  if (typeof plain !== 'object' || plain === null)
    throw new ContractError('INVALID_MESSAGE', 'The ledger record is not an object.');
  const { version, type } = plain as { version?: unknown; type?: unknown };
  if (typeof version === 'number' && version > versionOf(type))
    throw new ContractError('UNKNOWN_VERSION', `The ledger record’s version is ${version}.`);
  if (version !== versionOf(type)) throw new ContractError('INVALID_MESSAGE', 'The ledger record has no version.');
  if (typeof type !== 'string' || !Object.hasOwn(LEDGER_CLASSES, type))
    throw new ContractError('UNKNOWN_TYPE', 'The ledger record’s type is not known.');
  return checkedAs<LedgerRecord>(LEDGER_CLASSES[type as keyof typeof LEDGER_CLASSES], plain);
}
