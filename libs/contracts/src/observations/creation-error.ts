import 'reflect-metadata';
import { IsInt, IsOptional, IsString } from 'class-validator';
import { IsNullable } from '../codec/validation.js';

/** What Graph said when it refused, or what was wrong with the call before it was asked. */
export class CreationError {
  /** Graph's; null when it was not asked. */
  @IsNullable()
  @IsInt()
  readonly httpStatus!: number | null;

  @IsString()
  readonly code!: string;

  @IsString()
  readonly message!: string;

  /** What to do about it, for people. */
  @IsOptional()
  @IsString()
  readonly advice?: string;

  @IsOptional()
  @IsString()
  readonly requestId?: string;

  /** Ours: every fault of the call. Graph's: the rest of its error, as it came. */
  @IsOptional()
  readonly details?: readonly { readonly path: string; readonly message: string }[] | Readonly<Record<string, unknown>>;
}
