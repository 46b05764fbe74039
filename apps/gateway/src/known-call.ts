import type { FoldedCall, Snapshot } from '@callbus/contracts';

/** What readers are told of a call; the rest of a snapshot, most of its bytes, is the fold’s own. */
type Told = Pick<
  FoldedCall,
  | 'phase'
  | 'tenantId'
  | 'appId'
  | 'requestHash'
  | 'notAfter'
  | 'attempt'
  | 'graphCallId'
  | 'call'
  | 'state'
  | 'mediaState'
  | 'resultInfo'
  | 'terminationReason'
  | 'participants'
  | 'participantsTruncated'
  | 'failure'
  | 'isParked'
>;

/** A call as its readers know it. All calls are in memory, so it is kept small. */
export interface KnownCall {
  readonly callId: string;
  /** Of the last event. */
  readonly sequence: number;
  readonly call: Told;
}

export function knownCallOf({ callId, sequence, call }: Snapshot): KnownCall {
  const { phase, tenantId, appId, requestHash, notAfter, attempt, graphCallId, failure, isParked } = call;
  const { call: resource, state, mediaState, resultInfo, terminationReason, participants, participantsTruncated } = call;
  const graphs = { call: resource, state, mediaState, resultInfo, terminationReason, participants, participantsTruncated };
  return {
    callId,
    sequence,
    call: { phase, tenantId, appId, requestHash, notAfter, attempt, graphCallId, failure, isParked, ...graphs },
  };
}
