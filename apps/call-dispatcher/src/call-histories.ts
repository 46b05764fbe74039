import { isForgotten, type Dispatch, type Snapshot } from '@callbus/contracts';
import type { SnapshotFollower } from '@callbus/kafka';
import type { CallHistory } from './next-step.js';

/** Graph's states of a call that nobody has answered yet. */
const ESTABLISHING = ['incoming', 'establishing'];

/** What is kept of a snapshot for the driver. */
export function historyOf({ call }: Snapshot): CallHistory {
  return {
    hasEnded: call.phase === 'ended',
    isEstablishing: call.state === null || ESTABLISHING.includes(call.state),
    isEndRefused: call.isEndRefused,
    proven: listOf(call.attempts.filter(({ isProven }) => isProven)),
    parkedAttempt: call.isParked ? call.unknownAttempt : null,
    surplus: listOf(call.surplus.filter(({ end }) => end === undefined)),
  };
}

const NONE: readonly never[] = [];

/** Of very many calls there is none. */
function listOf<C extends { readonly attempt: number; readonly graphCallId: string | null }>(
  calls: readonly C[],
): readonly Pick<C, 'attempt' | 'graphCallId'>[] {
  return calls.length === 0 ? NONE : calls.map(({ attempt, graphCallId }) => ({ attempt, graphCallId }));
}

/** Of a call whose snapshot has been deleted. */
const OVER: CallHistory = {
  hasEnded: true,
  isEstablishing: false,
  isEndRefused: false,
  proven: [],
  parkedAttempt: null,
  surplus: [],
};

/** The histories of the calls that the ledger knows, also of those that the snapshots have forgotten. */
export class CallHistories {
  constructor(
    private readonly snapshots: Pick<SnapshotFollower<CallHistory>, 'get'>,
    private readonly nowMs: () => number = Date.now,
  ) {}

  of(dispatch: Dispatch): CallHistory | undefined {
    return this.snapshots.get(dispatch.callId) ?? (isForgotten(dispatch, this.nowMs()) ? OVER : undefined);
  }
}
