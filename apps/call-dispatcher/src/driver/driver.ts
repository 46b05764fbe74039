import { isSettled, type Dispatch, type KeptCommand, type LedgerCommand } from '@callbus/contracts';
import { GraphTokenError, type AppToken } from '@callbus/graph';
import { inTrace, KafkaError } from '@callbus/kafka';
import type { Dialling } from '../dialling/dialling.js';
import type { DispatcherCore } from '../dispatcher-core.js';
import type { CallHistories } from '../follow-ups/call-histories.js';
import type { FollowUps } from '../follow-ups/follow-ups.js';
import { liveCallOf, livesAtGraph, nextStep, type CallHistory, type NextStepRules, type Step } from './next-step.js';
import { WaitingLine } from './waiting-line.js';

export interface DriverOptions {
  readonly histories: CallHistories;
  readonly followUps: FollowUps;
  readonly rules: NextStepRules;
  /** Whether this process looks after the call: whether it was given the call's partition of the commands topic. */
  readonly isMine: (callId: string) => boolean;
  readonly onFatal: (error: unknown) => void;
}

/** Delay before a step that failed transiently (a token, Kafka) is retried. */
const RETRY_MS = 1_000;
/** How long the history is given to say that it has folded what it was told. */
const FOLD_MS = 10_000;
const LONGEST_TIMER_MS = 60_000;
const NO_TOKEN = 'no token could be had';

/**
 * Works off everything that waits: next attempts, expiry, orphaned Intents, proofs by callbacks, the grace period, hang-ups,
 * keep-alives. It looks after the calls whose partition of the commands topic this process was given; that shares the
 * work and is never needed for safety.
 */
export class Driver {
  private readonly timers = new Map<string, NodeJS.Timeout>();
  /** Calls that a step is being taken for → whether they changed meanwhile. */
  private readonly busy = new Map<string, boolean>();
  private readonly line = new WaitingLine();
  /** Until time alone lets one of the calls that are held back go on. */
  private advanceTimer: NodeJS.Timeout | undefined;
  private advanceAtMs = Infinity;
  private isStopped = false;

  constructor(
    private readonly core: DispatcherCore,
    private readonly dialling: Dialling,
    private readonly options: DriverOptions,
  ) {}

  /** To be called after every new assignment, and at the start: looks at all calls that are under way. */
  takeOver(): void {
    for (const dispatch of this.core.ledger.all()) this.look(dispatch.callId);
  }

  /** To be called whenever anything changed for the call. */
  look(callId: string): void {
    clearTimeout(this.timers.get(callId));
    this.timers.delete(callId);
    if (this.busy.has(callId)) this.busy.set(callId, true);
    if (this.isStopped || this.busy.has(callId) || this.dialling.attempts.isInHand(callId)) return;
    const { ledger, clock } = this.core;
    const { histories, followUps, rules } = this.options;
    const dispatch = ledger.get(callId);
    if (dispatch?.command == null) return;
    const history = histories.of(dispatch);
    if (!this.options.isMine(callId) || !isUnderWay(dispatch, history)) {
      this.line.remove(callId, dispatch.command);
      return;
    }
    const live = liveCallOf(dispatch, history);
    if (live !== null) followUps.begin(dispatch, live);
    const heldBack = this.whyHeldBack(callId, dispatch.command);
    const isHistoryLost = histories.isLost(dispatch);
    const followUpsFromMs = followUps.fromMs(dispatch.command);
    const facts = { history, isHistoryLost, nowMs: clock.nowMs(), followUps: followUps.all, followUpsFromMs, heldBack };
    const step = nextStep(dispatch, facts, rules);
    if (step.kind === 'wait') this.lookAfter(callId, step.untilMs - clock.nowMs());
    else if (step.kind !== 'attempt') this.start(dispatch, step.kind, () => this.take(dispatch, step));
    else if (dispatch.command.call !== null) this.attempt(dispatch, dispatch.command, step);
  }

  /** To be called when an attempt of this process came to its end, a call ended, or a token was requested: another may go on. */
  advance(): void {
    const { attempts, tokens } = this.dialling;
    this.line.advance(
      (owner) => tokens.atHand(owner) !== undefined && attempts.obstacle(owner) === null,
      (callId) => {
        this.look(callId);
      },
    );
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.advanceTimer);
    for (const timer of this.timers.values()) clearTimeout(timer);
  }

  private lookAfter(callId: string, waitMs: number): void {
    if (waitMs === Infinity || this.isStopped) return;
    const timer = setTimeout(
      () => {
        this.look(callId);
      },
      Math.min(Math.max(waitMs, 0), LONGEST_TIMER_MS),
    );
    this.timers.set(callId, timer);
  }

  private attempt(
    dispatch: Dispatch,
    command: LedgerCommand,
    { attempt, tokenRefusedAtMs }: Extract<Step, { kind: 'attempt' }>,
  ): void {
    const { tokens } = this.dialling;
    const { clock } = this.core;
    const dial = (token: AppToken): Promise<number> => this.dial(dispatch, command, attempt, token);
    if (tokenRefusedAtMs !== null) {
      // One that was asked for since then serves all the calls that the same token failed.
      this.start(dispatch, 'attempt', async () => dial(await tokens.youngerThan(command, clock.nowMs() - tokenRefusedAtMs)));
      return;
    }
    const token = tokens.atHand(command);
    if (token === undefined) this.lookAfter(dispatch.callId, this.holdBack(dispatch.callId, command, NO_TOKEN));
    else this.start(dispatch, 'attempt', () => dial(token));
  }

  /** Reserves before it waits for anything, so that a line advances by as many as may go on. @returns as `start` wants */
  private async dial(dispatch: Dispatch, command: LedgerCommand, attempt: number, token: AppToken): Promise<number> {
    const { callId } = dispatch;
    const { attempts, roles } = this.dialling;
    if (this.isStopped) return 0;
    if (attempt === 1 && !roles.isPassed(command, token)) return this.forbid(callId, command);
    const obstacle = attempts.reserve(callId, command);
    if (obstacle !== null) return this.holdBack(callId, command, obstacle);
    this.line.remove(callId, command);
    await attempts.begin(dispatch, attempt, token);
    return 0;
  }

  /** Ends a call that Graph would refuse, or lets it be looked at again with the token that allows it. @returns as `start` wants */
  private async forbid(callId: string, command: LedgerCommand): Promise<number> {
    const error = await this.dialling.roles.refusal(command);
    if (error === null) return 0;
    const { appId, tenantId } = command;
    this.core.logger.warn({ callId, tenantId, appId, code: error.code, why: error.message }, 'not dialled');
    await this.core.ledger.append(callId, [{ type: 'Forbidden', callId, error }]);
    return 0;
  }

  /** @returns the milliseconds after which it is to be looked at again at the latest */
  private holdBack(callId: string, command: LedgerCommand, reason: string): number {
    this.line.add(callId, command, reason);
    this.advanceAfter(this.dialling.attempts.waitMs(command));
    return command.notAfterMs + 1 - this.core.clock.nowMs();
  }

  private whyHeldBack(callId: string, command: KeptCommand): string | undefined {
    const reason = this.line.reasonOf(callId, command);
    const trouble = reason === NO_TOKEN ? this.dialling.tokens.trouble(command) : null;
    return trouble === null ? reason : `${NO_TOKEN}: ${trouble.message}`;
  }

  private advanceAfter(waitMs: number): void {
    const atMs = performance.now() + Math.min(waitMs, LONGEST_TIMER_MS);
    if (waitMs === 0 || atMs >= this.advanceAtMs || this.isStopped) return;
    clearTimeout(this.advanceTimer);
    this.advanceAtMs = atMs;
    this.advanceTimer = setTimeout(
      () => {
        this.advanceAtMs = Infinity;
        this.advance();
        for (const owner of this.line.owners()) this.advanceAfter(this.dialling.attempts.waitMs(owner));
      },
      atMs - performance.now() + 1,
    );
  }

  /** @param work resolves with the milliseconds after which the call is to be looked at again at the latest */
  private start({ callId }: Dispatch, what: Step['kind'], work: () => Promise<number>): void {
    this.busy.set(callId, false);
    inTrace(this.core.ledger.traceOf(callId), work)
      .catch((error: unknown) => {
        if (!isTransient(error)) throw error;
        this.core.logger.warn({ err: error, callId, step: what }, 'a step for a call failed and is tried again');
        return RETRY_MS;
      })
      .then((waitMs) => {
        const hasChanged = this.busy.get(callId) === true;
        this.busy.delete(callId);
        if (waitMs === 0 || hasChanged) this.look(callId);
        else this.lookAfter(callId, waitMs);
      })
      .catch(this.options.onFatal);
  }

  private async take(dispatch: Dispatch, step: Exclude<Step, { kind: 'wait' | 'attempt' }>): Promise<number> {
    const { ledger } = this.core;
    const { followUps } = this.options;
    switch (step.kind) {
      case 'append':
        // A record that took no effect is not due yet by the broker's clock, so an immediate retry would have none either.
        return (await ledger.append(dispatch.callId, [step.record])) === dispatch ? RETRY_MS : 0;
      case 'grace-over':
        await followUps.graceOver(dispatch, step);
        return FOLD_MS;
      case 'hang-up':
        await followUps.hangUp(dispatch, step);
        return 0;
      case 'keep-alive':
        await followUps.keepAlive(dispatch, step);
        return 0;
      case 'look-up':
        await followUps.lookUp(dispatch, step);
        return 0;
    }
  }
}

/** Whether what failed may work later without a person. */
function isTransient(error: unknown): boolean {
  return error instanceof GraphTokenError || (error instanceof KafkaError && error.code !== 'INVARIANT');
}

function isUnderWay(dispatch: Dispatch, history: CallHistory | undefined): boolean {
  if (!isSettled(dispatch) || dispatch.attempts.some(({ state }) => state === 'open')) return true;
  return livesAtGraph(dispatch, history);
}
