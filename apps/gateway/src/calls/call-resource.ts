import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { CallPhase, CreationError, FailureReason, FoldedCall } from '@callbus/contracts';
import { isObject } from '@callbus/graph';
import { MediaState, Participant, ResultInfo } from './graph-resources.js';
import type { KnownCall } from './known-call.js';

type Json = Readonly<Record<string, unknown>>;
type Detail = 'mediaState' | 'resultInfo' | 'terminationReason';

const CONTEXT = '@odata.context';

/** What Graph said when it refused, or what was wrong with the call before it was asked. */
class FailureError {
  /** Graph's; null when it was not asked. */
  @ApiProperty({ type: 'integer', nullable: true })
  httpStatus!: number | null;

  @ApiProperty()
  code!: string;

  @ApiProperty()
  message!: string;

  /** What to do about it. */
  @ApiPropertyOptional()
  advice?: string;

  /** Graph's id of the request. */
  @ApiPropertyOptional()
  requestId?: string;

  /** Ours: every fault of the call, as a list. Graph's: the rest of its error, as it came. */
  @ApiPropertyOptional({ oneOf: [{ type: 'array', items: { type: 'object' } }, { type: 'object' }] })
  details?: CreationError['details'];
}

class Failure {
  @ApiProperty({ enum: ['rejected', 'invalid', 'expired', 'cancelled'] })
  reason!: FailureReason;

  @ApiProperty({ type: () => FailureError, nullable: true })
  error!: CreationError | null;
}

export class OwnMembers {
  @ApiProperty({ enum: ['announced', 'accepted', 'created', 'failed', 'unknown', 'ended'] })
  phase!: CallPhase;

  /** Of the last event of the call's history. */
  @ApiProperty({ type: 'integer' })
  sequence!: number;

  @ApiProperty({ format: 'uuid' })
  appId!: string;

  /** The attempt that is the call. */
  @ApiProperty({ type: 'integer', nullable: true })
  attempt!: number | null;

  /** Why there will be no call. */
  @ApiProperty({ type: () => Failure, nullable: true })
  failure!: FoldedCall['failure'];

  /** Whether an operator has to decide what becomes of an attempt whose outcome nobody knows. */
  @ApiProperty()
  parked!: boolean;

  /** How many participants there are beyond those that are listed. */
  @ApiProperty({ type: 'integer' })
  participantsTruncated!: number;
}

/**
 * A call as Graph documents it, under our id, from its history. What Graph knows nothing of is in `callbus`.
 * @see https://learn.microsoft.com/graph/api/resources/call
 */
export class CallResource {
  @ApiProperty({ enum: ['#microsoft.graph.call'] })
  readonly '@odata.type' = '#microsoft.graph.call';

  /** As Graph's answer to the create has it; not in a list. */
  @ApiPropertyOptional()
  '@odata.context'?: string;

  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ format: 'uuid' })
  tenantId!: string;

  /** Graph's own id of the call; null until it is known. */
  @ApiProperty({ type: 'string', nullable: true })
  graphCallId!: string | null;

  /** Graph's state; null before it has created the call. */
  @ApiProperty({ type: 'string', nullable: true })
  state!: string | null;

  @ApiProperty({ type: () => MediaState, nullable: true })
  mediaState!: Json | null;

  @ApiProperty({ type: () => ResultInfo, nullable: true })
  resultInfo!: Json | null;

  @ApiProperty({ type: 'string', nullable: true })
  terminationReason!: string | null;

  @ApiProperty({ type: [Participant] })
  participants!: readonly Json[];

  @ApiProperty({ type: () => OwnMembers })
  callbus!: OwnMembers;
}

/** Members that Graph's answer has and a caller must not get: the address holds a key of ours. */
const HIDDEN: ReadonlySet<string> = new Set(['callbackUri', 'id', CONTEXT]);
/** The state in which Graph creates every call. */
const FIRST_STATE = 'establishing';

/**
 * The call as lists contain it: all members of Graph's answer to the create. Where the history knows more, the history's value is
 * used.
 */
export function callResource({ callId, sequence, call }: KnownCall): CallResource {
  const graphs = Object.fromEntries(Object.entries(call.call ?? {}).filter(([name]) => !HIDDEN.has(name)));
  // Before Graph's first notification, its answer to the create says most.
  const { mediaState, resultInfo, terminationReason } = call.state === null ? { ...call, ...detailsOf(graphs) } : call;
  return {
    ...graphs,
    '@odata.type': '#microsoft.graph.call',
    id: callId,
    tenantId: call.tenantId,
    graphCallId: call.graphCallId,
    state: stateOf(call),
    mediaState,
    resultInfo,
    terminationReason,
    participants: call.participants,
    callbus: {
      phase: call.phase,
      sequence,
      appId: call.appId,
      attempt: call.attempt,
      failure: call.failure,
      parked: call.isParked,
      participantsTruncated: call.participantsTruncated,
    },
  };
}

/** The call as a whole response, with `@odata.context` as Graph gave it. */
export function callAnswer(known: KnownCall): CallResource {
  const context = known.call.call?.[CONTEXT];
  return { ...(typeof context === 'string' && { [CONTEXT]: context }), ...callResource(known) };
}

/** Whether Graph's answer to the create is known. The answer has `@odata.context`; a callback, which may be faster, has none. */
export function hasGraphsAnswer({ call }: Pick<KnownCall, 'call'>): boolean {
  return call.call?.[CONTEXT] !== undefined;
}

/**
 * Graph's state; before Graph's first notification, the state in its answer to the create. A call that failed counts as
 * terminated.
 */
export function stateOf({ state, phase, call }: Pick<FoldedCall, 'state' | 'phase' | 'call'>): string | null {
  if (state !== null) return state;
  if (phase === 'failed') return 'terminated';
  if (phase !== 'created') return null;
  const answered = call?.['state'];
  return typeof answered === 'string' ? answered : FIRST_STATE;
}

/** Those of the three members that have the type Graph documents: an object, or text for the reason. */
function detailsOf({ mediaState, resultInfo, terminationReason }: Json): Partial<Pick<FoldedCall, Detail>> {
  return {
    ...(isObject(mediaState) && { mediaState }),
    ...(isObject(resultInfo) && { resultInfo }),
    ...(typeof terminationReason === 'string' && { terminationReason }),
  };
}
