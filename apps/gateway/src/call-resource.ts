import type { FoldedCall, Snapshot } from '@callbus/contracts';

/** Members that Graph's answer has and a caller must not get: the address holds a key of ours. */
const HIDDEN: ReadonlySet<string> = new Set(['callbackUri', 'id', '@odata.context']);

/**
 * A call as Graph documents it, under our id, from its history. What Graph knows nothing of is in `callbus`.
 * @see https://learn.microsoft.com/graph/api/resources/call
 */
export function callResource({ callId, sequence, call }: Snapshot): object {
  const graphs = Object.entries(call.call ?? {}).filter(([name]) => !HIDDEN.has(name));
  return {
    '@odata.type': '#microsoft.graph.call',
    ...Object.fromEntries(graphs),
    id: callId,
    tenantId: call.tenantId,
    state: stateOf(call),
    mediaState: call.mediaState,
    resultInfo: call.resultInfo,
    terminationReason: call.terminationReason,
    callbus: {
      phase: call.phase,
      sequence,
      appId: call.appId,
      attempt: call.attempt,
      graphCallId: call.graphCallId,
      failure: call.failure,
      parked: call.isParked,
    },
  };
}

/** Graph's state once there is one; a call that will never be has ended. */
function stateOf({ state, phase }: FoldedCall): string | null {
  return state ?? (phase === 'failed' ? 'terminated' : null);
}
