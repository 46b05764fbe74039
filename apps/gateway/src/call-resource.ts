import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { CallPhase, CreationError, FailureReason, FoldedCall } from '@callbus/contracts';
import { MediaState, Participant, ResultInfo } from './graph-resources.js';
import type { KnownCall } from './known-call.js';

type Json = Readonly<Record<string, unknown>>;

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

  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ format: 'uuid' })
  tenantId!: string;

  /** Graph's own id of the call; null until it is known. */
  @ApiProperty({ type: 'string', nullable: true })
  graphCallId!: string | null;

  /** Graph's state; null before its first notification. */
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
const HIDDEN: ReadonlySet<string> = new Set(['callbackUri', 'id', '@odata.context']);

export function callResource({ callId, sequence, call }: KnownCall): CallResource {
  const graphs = Object.entries(call.call ?? {}).filter(([name]) => !HIDDEN.has(name));
  return {
    ...Object.fromEntries(graphs),
    '@odata.type': '#microsoft.graph.call',
    id: callId,
    tenantId: call.tenantId,
    graphCallId: call.graphCallId,
    state: stateOf(call),
    mediaState: call.mediaState,
    resultInfo: call.resultInfo,
    terminationReason: call.terminationReason,
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

/** Graph's state once there is one; a call that will never be has ended. */
export function stateOf({ state, phase }: Pick<FoldedCall, 'state' | 'phase'>): string | null {
  return state ?? (phase === 'failed' ? 'terminated' : null);
}
