import { isForgotten, refusedEndOf, refusedEndOfSurplus, type Dispatch, type Snapshot } from '@callbus/contracts';
import type { SnapshotFollower } from '@callbus/kafka';
import type { CallHistory } from '../driver/next-step.js';

/** Graph's states of a call that nobody has answered yet. */
const ESTABLISHING = ['incoming', 'establishing'];

/** What is kept of a snapshot for the driver. */
export function historyOf({ call }: Snapshot): CallHistory {
  return {
    hasEnded: call.phase === 'ended',
    hasFailed: call.phase === 'failed',
    isEstablishing: call.state === null || ESTABLISHING.includes(call.state),
    refusedEnd: refusedEndOf(call),
    proven: listOf(
      call.attempts.filter(({ isProven }) => isProven),
      ({ attempt, graphCallId }) => ({ attempt, graphCallId }),
    ),
    parkedAttempt: call.isParked ? call.unknownAttempt : null,
    surplus: listOf(
      call.surplus.filter(({ end }) => end === undefined || end === 'refused'),
      (one) => ({ attempt: one.attempt, graphCallId: one.graphCallId, refusedEnd: refusedEndOfSurplus(one) }),
    ),
    unreadCallbackId: call.unreadCallbackId ?? null,
  };
}

/** One empty list that all calls with nothing to list share. */
const NONE: readonly never[] = [];

function listOf<T, U>(all: readonly T[], kept: (one: T) => U): readonly U[] {
  return all.length === 0 ? NONE : all.map(kept);
}

/** Of a call whose snapshot has been deleted. */
const OVER: CallHistory = {
  hasEnded: true,
  hasFailed: false,
  isEstablishing: false,
  refusedEnd: null,
  proven: [],
  parkedAttempt: null,
  surplus: [],
  unreadCallbackId: null,
};

/** The histories of the calls that the ledger knows, also of those that the snapshots have forgotten. */
export class CallHistories {
  constructor(
    private readonly snapshots: Pick<SnapshotFollower<CallHistory>, 'get' | 'isLost'>,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /** True when the call has a history but its snapshot is unreadable. */
  isLost({ callId }: Dispatch): boolean {
    return this.snapshots.isLost(callId);
  }

  of(dispatch: Dispatch): CallHistory | undefined {
    return this.snapshots.get(dispatch.callId) ?? (isForgotten(dispatch, this.nowMs()) ? OVER : undefined);
  }
}
