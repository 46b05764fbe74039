import 'reflect-metadata';
import type { CallKind } from '@callbus/graph';
import { Type } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsNotEmpty, IsOptional, IsString, Max, Min, ValidateNested } from 'class-validator';
import type { CallResult } from '../callbacks/notification-bodies.js';

const DAY_MS = 24 * 60 * 60 * 1_000;

export class ScriptedUser {
  @IsString()
  @IsNotEmpty()
  id!: string;

  @IsString()
  displayName!: string;
}

/** A change of a group call's or meeting's participants, told by one roster. */
export class RosterChange {
  /** After the call was established. */
  @IsInt()
  @Min(0)
  @Max(DAY_MS)
  afterMs!: number;

  @IsOptional()
  @ValidateNested({ each: true })
  @Type(() => ScriptedUser)
  join?: ScriptedUser[];

  /** This many made-up users join, for rosters of a large meeting's size. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(20_000)
  crowd?: number;

  /** Ids of users who leave. */
  @IsOptional()
  @IsString({ each: true })
  leave?: string[];
}

export class ScriptedResult implements CallResult {
  @IsInt()
  code!: number;

  @IsInt()
  subcode!: number;

  @IsString()
  message!: string;
}

/** How a call unfolds. */
export class CallScript {
  /** From the create to establishing. */
  @IsInt()
  @Min(0)
  @Max(DAY_MS)
  establishMs!: number;

  /** From establishing to the answer, or to its failure to come. */
  @IsInt()
  @Min(0)
  @Max(DAY_MS)
  ringMs!: number;

  @IsIn(['answered', 'rejected', 'unanswered'])
  answer!: 'answered' | 'rejected' | 'unanswered';

  /** From established to terminating; null lets the call last until it is hung up. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(DAY_MS)
  talkMs!: number | null;

  /** From terminating to terminated. */
  @IsInt()
  @Min(0)
  @Max(DAY_MS)
  hangUpMs!: number;

  /** Whether a further update of established tells that the audio is active. */
  @IsBoolean()
  audioActive!: boolean;

  @ValidateNested({ each: true })
  @Type(() => RosterChange)
  roster!: RosterChange[];

  /** How it ends when nobody hangs up from our side; by its kind when not given. */
  @IsOptional()
  @ValidateNested()
  @Type(() => ScriptedResult)
  result?: ScriptedResult | null;
}

export type Step =
  | { readonly afterMs: number; readonly show: 'establishing' | 'established' | 'audio-active' | 'terminating' }
  | { readonly afterMs: number; readonly show: 'roster'; readonly change?: RosterChange }
  | { readonly afterMs: number; readonly show: 'terminated'; readonly result: CallResult };

/** What a call shows, in order; `afterMs` counts from the step before. Pure. */
export function stepsOf(script: CallScript, kind: CallKind): readonly Step[] {
  const establishing: Step = { afterMs: script.establishMs, show: 'establishing' };
  if (script.answer !== 'answered') {
    const result = script.result ?? (script.answer === 'rejected' ? REJECTED : UNANSWERED);
    return [establishing, { afterMs: script.ringMs, show: 'terminated', result }];
  }
  const hasRoster = kind === 'group' || kind === 'meeting';
  // Times from established, until they are put in order.
  const during: Step[] = [
    ...(script.audioActive ? [{ afterMs: 0, show: 'audio-active' } as const] : []),
    ...(hasRoster ? [{ afterMs: 0, show: 'roster' } as const] : []),
    ...(hasRoster ? script.roster.map((change) => ({ afterMs: change.afterMs, show: 'roster', change }) as const) : []),
  ];
  const talkMs = script.talkMs ?? Infinity;
  const heard = during.filter((step) => step.afterMs <= talkMs).toSorted((a, b) => a.afterMs - b.afterMs);
  const established: Step = { afterMs: script.ringMs, show: 'established' };
  const steps = [
    establishing,
    established,
    ...heard.map((step, i) => ({ ...step, afterMs: step.afterMs - (heard[i - 1]?.afterMs ?? 0) })),
  ];
  if (script.talkMs === null) return steps;
  const terminating: Step = { afterMs: script.talkMs - (heard.at(-1)?.afterMs ?? 0), show: 'terminating' };
  return [
    ...steps,
    terminating,
    { afterMs: script.hangUpMs, show: 'terminated', result: script.result ?? OTHER_SIDE_ENDED[kind] },
  ];
}

/** What a call shows after our side has hung up. */
export function hangUpSteps(script: CallScript): readonly Step[] {
  return [
    { afterMs: 0, show: 'terminating' },
    { afterMs: script.hangUpMs, show: 'terminated', result: ENDED_BY_APP },
  ];
}

export const KEEP_ALIVE_TIMED_OUT: CallResult = result(408, 8537, 'The call was ended for want of a keep-alive.');
const ENDED_BY_APP = result(200, 7000, 'The call was ended by the app.');
const UNANSWERED = result(408, 10057, 'The callee did not answer.');
/** What a rejection looks like is in no public source; this is a code whose text fits. */
const REJECTED = result(480, 10199, 'The callee does not take the call.');
const TWO_PARTIES_ENDED = result(200, 4521, 'The other side ended the call.');
const CONVERSATION_ENDED = result(200, 5001, 'The conversation has ended.');
const OTHER_SIDE_ENDED: Readonly<Record<CallKind, CallResult>> = {
  peer: TWO_PARTIES_ENDED,
  pstn: result(200, 560000, 'The telephone was hung up.'),
  group: CONVERSATION_ENDED,
  meeting: CONVERSATION_ENDED,
};

function result(code: number, subcode: number, text: string): CallResult {
  return { code, subcode, message: `${text} DiagCode: ${code}#${subcode}.@` };
}
