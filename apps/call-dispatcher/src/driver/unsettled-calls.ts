import { isEndRequested, latestAttempt, type Dispatch } from '@callbus/contracts';
import type { CallHistory } from './next-step.js';

export interface UnsettledCallsOptions {
  /** Whether this process looks after the call. */
  readonly isMine: (callId: string) => boolean;
  readonly historyOf: (dispatch: Dispatch) => Pick<CallHistory, 'parkedAttempt' | 'hasEnded'> | undefined;
}

/** The calls that wait for an attempt, or whose outcome nobody knows: few at a time, of however many there are in the ledger. */
export class UnsettledCalls {
  private readonly dispatches = new Map<string, Dispatch>();

  constructor(private readonly options: UnsettledCallsOptions) {}

  /** To be called for every call at the start, and whenever one changed in the ledger. */
  update(dispatch: Dispatch): void {
    const { callId, phase } = dispatch;
    if (phase === 'waiting' || phase === 'unknown') this.dispatches.set(callId, dispatch);
    else this.dispatches.delete(callId);
  }

  /** The ledger's listener calls it when the ledger forgets a call. */
  forget({ callId }: Dispatch): void {
    this.dispatches.delete(callId);
  }

  waiting(): number {
    return this.mine('waiting').length;
  }

  /** Those that wait for a decision; one that was ended meanwhile does not. */
  parked(): number {
    return this.mine('unknown').filter((dispatch) => this.isParked(dispatch) && !isEndRequested(dispatch)).length;
  }

  /** Those that are neither parked nor forgotten: Graph has its time to call back. */
  unknown(): number {
    return this.inGrace().length;
  }

  /** How long the oldest of those has been unknown; 0 without one. @param nowMs broker time, ms since 1970 */
  unknownMs(nowMs: number): number {
    return Math.max(0, ...this.inGrace().map((dispatch) => nowMs - unknownSinceMs(dispatch)));
  }

  private inGrace(): Dispatch[] {
    return this.mine('unknown').filter(
      (dispatch) => !this.isParked(dispatch) && this.options.historyOf(dispatch)?.hasEnded !== true,
    );
  }

  private mine(phase: Dispatch['phase']): Dispatch[] {
    return [...this.dispatches.values()].filter((one) => one.phase === phase && this.options.isMine(one.callId));
  }

  private isParked(dispatch: Dispatch): boolean {
    return this.options.historyOf(dispatch)?.parkedAttempt === latestAttempt(dispatch)?.attempt;
  }
}

function unknownSinceMs(dispatch: Dispatch): number {
  const last = latestAttempt(dispatch);
  return last?.closedAtMs ?? last?.intendedAtMs ?? Infinity;
}
