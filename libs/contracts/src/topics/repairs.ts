import 'reflect-metadata';
import { IsDateString, IsInt, IsOptional, IsString, Matches, Min } from 'class-validator';
import { ContractError } from '../errors.js';
import { parseRecord } from '../codec/json.js';
import { checkedAs } from '../codec/validation.js';

/** Records of a partition that lie next to each other. */
export interface RecordRange {
  /** Full name. */
  readonly topic: string;
  readonly partition: number;
  readonly firstOffset: bigint;
  readonly lastOffset: bigint;
}

export const REPAIR_VERSION = 1;
const OFFSET = /^\d{1,19}$/;

/**
 * An operator's order to pass over unreadable records: every reader that meets them continues after them. Kafka keeps it as
 * long as the installation exists, so that a reader which starts from the beginning does the same.
 */
export class Repair {
  @IsString()
  topic!: string;
  @IsInt()
  @Min(0)
  partition!: number;
  /** As text: an offset may exceed the range in which JSON numbers are exact. */
  @Matches(OFFSET)
  firstOffset!: string;
  @Matches(OFFSET)
  lastOffset!: string;
  /** Why they could not be read. */
  @IsString()
  reason!: string;
  @IsString()
  operator!: string;
  @IsDateString()
  time!: string;
  /** Keys of calls whose state was only in those records. It stays unknown until a readable snapshot or a tombstone comes. */
  @IsOptional()
  @IsString({ each: true })
  lost?: string[];
}

export function encodeRepair(repair: Repair): { readonly key: string; readonly value: Buffer } {
  return { key: repairKey(repair), value: Buffer.from(JSON.stringify(repair)) };
}

/** @throws ContractError */
export function decodeRepair(value: Buffer | null): Repair {
  if (value === null) throw new ContractError('NO_VALUE', 'The repair has no value.');
  return checkedAs(Repair, parseRecord(value));
}

/** Names the records of a repair; the operator and every reader derive the same key. */
export function repairKey(range: { topic: string; partition: number; firstOffset: bigint | string }): string {
  return `${range.topic}/${String(range.partition)}/${String(range.firstOffset)}`;
}
