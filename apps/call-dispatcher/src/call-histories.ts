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
    proven: call.attempts.filter(({ isProven }) => isProven).map(({ attempt, graphCallId }) => ({ attempt, graphCallId })),
    parkedAttempt: call.isParked ? call.unknownAttempt : null,
    surplus: call.surplus.filter(({ end }) => end === undefined).map(({ attempt, graphCallId }) => ({ attempt, graphCallId })),
  };
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
    private readonly snapshots: Pick<SnapshotFollower<CallHistory>, 'get' | 'isLost'>,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /** Whether there is a history of the call, and nobody can read it. */
  isLost({ callId }: Dispatch): boolean {
    return this.snapshots.isLost(callId);
  }

  of(dispatch: Dispatch): CallHistory | undefined {
    return this.snapshots.get(dispatch.callId) ?? (isForgotten(dispatch, this.nowMs()) ? OVER : undefined);
  }
}
