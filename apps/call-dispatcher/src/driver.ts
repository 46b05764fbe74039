import type { Logger } from '@callbus/chassis';
import { isEndRequested, isSettled, partitionOf, type Dispatch, type Snapshot } from '@callbus/contracts';
import { GraphTokenError, type AppToken, type AppTokens, type GraphClient } from '@callbus/graph';
import { KafkaError, type SnapshotFollower } from '@callbus/kafka';
import type { Attempts } from './attempts.js';
import type { BrokerClock } from './broker-clock.js';
import type { Ledger } from './ledger.js';
import { nextStep, type CallHistory, type Step } from './next-step.js';

export interface DriverOptions {
  readonly ledger: Ledger;
  readonly histories: SnapshotFollower<CallHistory>;
  readonly attempts: Attempts;
  readonly tokens: AppTokens;
  readonly graph: GraphClient;
  readonly clock: BrokerClock;
  /** Partitions of the commands topic. */
  readonly partitions: number;
  /** Those that this process was given: whose calls it looks after. */
  readonly assignment: () => readonly number[];
  readonly logger: Logger;
  readonly onFatal: (error: unknown) => void;
}

/** Until what failed for reasons that pass (a token, Kafka, a hang-up) is tried again. */
const RETRY_MS = 1_000;
const LONGEST_TIMER_MS = 60_000;

/**
 * Works off everything that waits: next attempts, expiry, orphaned Intents, proofs by callbacks, hang-ups. It looks after
 * the calls whose partition of the commands topic this process was given; that shares the work and is never needed for
 * safety.
 */
export class Driver {
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly busy = new Set<string>();
  private readonly waitingForRoom = new Set<string>();
  private readonly hungUp = new Set<string>();
  private isStopped = false;

  constructor(private readonly options: DriverOptions) {}

  /** To be called after every new assignment, and at the start: looks at all calls that are under way. */
  takeOver(): void {
    for (const dispatch of this.options.ledger.all()) if (this.isUnderWay(dispatch)) this.look(dispatch.callId);
  }

  /** To be called whenever anything changed for the call. */
  look(callId: string): void {
    clearTimeout(this.timers.get(callId));
    this.timers.delete(callId);
    if (this.isStopped || this.busy.has(callId) || this.options.attempts.isInHand(callId)) return;
    const dispatch = this.options.ledger.get(callId);
    if (dispatch === undefined || !this.isUnderWay(dispatch) || !this.isMine(callId)) return;
    const { clock, histories } = this.options;
    const step = nextStep(dispatch, histories.get(callId), clock.nowMs(), this.hungUp);
    if (step.kind === 'wait') this.lookAfter(callId, step.untilMs - clock.nowMs());
    else this.start(dispatch, step);
  }

  /** To be called when an attempt of this process came to its end. */
  onReleased(callId: string): void {
    this.look(callId);
    for (const waiting of this.waitingForRoom) {
      if (!this.options.attempts.hasRoom()) return;
      this.waitingForRoom.delete(waiting);
      this.look(waiting);
    }
  }

  stop(): void {
    this.isStopped = true;
    for (const timer of this.timers.values()) clearTimeout(timer);
  }

  private isUnderWay(dispatch: Dispatch): boolean {
    if (!isSettled(dispatch) || dispatch.attempts.some(({ state }) => state === 'open')) return true;
    return dispatch.phase === 'created' && isEndRequested(dispatch);
  }

  private isMine(callId: string): boolean {
    return this.options.assignment().includes(partitionOf(callId, this.options.partitions));
  }

  private lookAfter(callId: string, waitMs: number): void {
    if (waitMs === Infinity) return;
    const timer = setTimeout(
      () => {
        this.look(callId);
      },
      Math.min(Math.max(waitMs, 0), LONGEST_TIMER_MS),
    );
    this.timers.set(callId, timer);
  }

  private start(dispatch: Dispatch, step: Exclude<Step, { kind: 'wait' }>): void {
    const { callId } = dispatch;
    this.busy.add(callId);
    this.take(dispatch, step)
      .catch((error: unknown) => {
        if (!(error instanceof KafkaError || error instanceof GraphTokenError)) throw error;
        this.options.logger.warn({ err: error, callId, step: step.kind }, 'a step for a call failed and is tried again');
        return false;
      })
      .then((isDone) => {
        this.busy.delete(callId);
        if (isDone) this.look(callId);
        else this.lookAfter(callId, RETRY_MS);
      })
      .catch(this.options.onFatal);
  }

  /** @returns false when it is to be tried again later */
  private async take(dispatch: Dispatch, step: Exclude<Step, { kind: 'wait' }>): Promise<boolean> {
    const { ledger, attempts } = this.options;
    const { callId } = dispatch;
    switch (step.kind) {
      case 'append':
        await ledger.append(callId, [step.record]);
        return true;
      case 'attempt': {
        if (!attempts.hasRoom()) {
          this.waitingForRoom.add(callId);
          return false;
        }
        const token = await this.token(dispatch, step.withNewToken);
        await attempts.begin(callId, step.attempt, token);
        return true;
      }
      case 'hang-up': {
        const token = await this.token(dispatch, false);
        const taken = await Promise.all(step.graphCallIds.map((graphCallId) => this.hangUp(callId, graphCallId, token)));
        return taken.every(Boolean);
      }
    }
  }

  private token(dispatch: Dispatch, isNew: boolean): Promise<AppToken> {
    const tenantId = dispatch.command?.tenantId ?? '';
    return isNew ? this.options.tokens.refresh(tenantId) : this.options.tokens.get(tenantId);
  }

  private async hangUp(callId: string, graphCallId: string, token: AppToken): Promise<boolean> {
    const outcome = await this.options.graph.endCall(graphCallId, token.value);
    const isSettledNow = outcome.kind !== 'failed' || outcome.isFinal;
    if (isSettledNow) this.hungUp.add(graphCallId);
    if (outcome.kind === 'failed') {
      const { httpStatus, code, message } = outcome.error;
      this.options.logger.error(
        { callId, httpStatus, code, graphSays: message, isFinal: outcome.isFinal },
        'a call could not be ended',
      );
    } else {
      this.options.logger.info({ callId, outcome: outcome.kind }, 'hung up');
    }
    return isSettledNow;
  }
}

/** What is kept of a snapshot for the driver. */
export function historyOf({ call }: Snapshot): CallHistory {
  return {
    hasEnded: call.phase === 'ended',
    proven: call.attempts.filter(({ isProven }) => isProven).map(({ attempt, graphCallId }) => ({ attempt, graphCallId })),
  };
}
