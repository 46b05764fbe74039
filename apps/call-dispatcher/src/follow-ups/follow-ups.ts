import type { Dispatch, EndObservation, FoundCall, Observation } from '@callbus/contracts';
import { isObject, type AppToken, type AppTokens, type FollowUpFailure, type GraphClient } from '@callbus/graph';
import type { DispatcherCore } from '../dispatcher-core.js';
import { ownerKey, type Owner } from '../dialling/quotas.js';
import {
  keepAliveAfter,
  NO_FOLLOW_UP,
  type CallOfGraph,
  type FollowUp,
  type HangUp,
  type NextStepRules,
} from '../driver/next-step.js';
import type { ObservationSender } from '../relay/observation-sender.js';

/** The parts of Graph's client that follow-ups call. */
export interface FollowUpGraph {
  readonly client: GraphClient;
  readonly tokens: Pick<AppTokens, 'get' | 'refresh'>;
}

export interface FollowUpsOptions {
  readonly observations: ObservationSender;
  readonly rules: NextStepRules;
  /** How long a Retry-After of Graph is believed at most, ms. Graph ends a call that is not kept alive. */
  readonly maxWaitMs: number;
}

/** Until Graph is asked again for a call that it says it does not know: its last callback may be on its way. */
const CONFIRM_AFTER_MS = 5_000;
/** Calls whose follow-ups are remembered; what is forgotten is done again. */
const MAX_REMEMBERED = 100_000;

/**
 * What is done for calls that were dialled: ending them, keeping them alive, and telling their histories what came of it.
 * Everything here may be done twice without harm, so it is remembered in memory only.
 */
export class FollowUps {
  private readonly known = new Map<string, FollowUp>();

  /** App and tenant → the broker time until which this process asks Graph nothing about their calls, after a 429. */
  private readonly throttledUntilMs = new Map<string, number>();

  private readonly begunAtMs: number;
  private readonly listeners = new Set<(dispatch: Dispatch) => void>();

  /** To be made when the ledger has been folded. */
  constructor(
    private readonly core: Pick<DispatcherCore, 'clock' | 'logger' | 'metrics'>,
    private readonly graph: FollowUpGraph,
    private readonly options: FollowUpsOptions,
  ) {
    this.begunAtMs = core.clock.nowMs();
  }

  /** Calls the listener after the history was told that Graph does not know the call any more. */
  onGone(listener: (dispatch: Dispatch) => void): void {
    this.listeners.add(listener);
  }

  /** By Graph's id of the call. */
  get all(): ReadonlyMap<string, FollowUp> {
    return this.known;
  }

  /** The broker time until which Graph must not be asked about calls of this app and tenant. */
  fromMs(owner: Owner): number {
    return this.throttledUntilMs.get(ownerKey(owner)) ?? -Infinity;
  }

  /** Begins to keep a call alive, if this process does not do so yet. */
  begin(dispatch: Dispatch, { attempt, graphCallId }: CallOfGraph): void {
    if (this.known.has(graphCallId)) return;
    const { clock } = this.core;
    const { rules } = this.options;
    const createdAtMs = dispatch.attempts.find((one) => one.attempt === attempt)?.closedAtMs ?? clock.nowMs();
    // When this process began, its clock may have stood still since the last record: such a call is kept alive at once.
    const isOlder = createdAtMs <= this.begunAtMs;
    const keepAliveAtMs = isOlder ? clock.nowMs() : keepAliveAfter(clock.nowMs(), createdAtMs, rules.keepAliveIntervalMs);
    this.remember(graphCallId, { keepAliveAtMs, lookUpAtMs: createdAtMs + rules.establishingMaxMs });
  }

  /** Says that Graph had its time to call back, behind all that it has called back. @throws KafkaError */
  async graceOver(dispatch: Dispatch, { attempt, why }: { readonly attempt: number; readonly why: string }): Promise<void> {
    await this.tell(dispatch, { kind: 'grace-over', id: `grace-over-${String(attempt)}`, attempt, why });
  }

  /** @throws KafkaError, GraphTokenError */
  async hangUp(dispatch: Dispatch, { attempt, graphCallId, isSurplus, request }: HangUp): Promise<void> {
    const { logger } = this.core;
    const { callId } = dispatch;
    const token = await this.token(dispatch);
    const outcome = await this.graph.client.endCall(graphCallId, token.value);
    const end = { kind: 'end', attempt, graphCallId, request } as const;
    // Each answer to a repeated request needs its own id; the first keeps the id that older dispatchers give it.
    const again = request > (isSurplus ? 0 : 1) ? `-${String(request)}` : '';
    const id = (result: EndObservation['result']): string => `end-${graphCallId}-${result}${again}`;
    if (outcome.kind === 'failed') {
      const { httpStatus, code, requestId } = outcome.error;
      const facts = { callId, graphCallId, httpStatus, code, requestId, isFinal: outcome.isFinal };
      logger.error(facts, 'a call could not be ended');
      if (!outcome.isFinal) return this.putOff(dispatch, graphCallId, outcome, token);
      await this.tell(dispatch, { ...end, id: id('refused'), result: 'refused', error: outcome.error });
    } else {
      logger.info({ callId, graphCallId, outcome: outcome.kind }, 'hung up');
      // What became of the call itself, Graph's last callback says; of a surplus call nothing else is heard.
      if (isSurplus) await this.tell(dispatch, { ...end, id: id('ended'), result: 'ended' });
      else if (outcome.kind === 'gone') this.saidGone(graphCallId);
    }
    this.remember(graphCallId, { hungUpFor: request });
  }

  /** @throws GraphTokenError */
  async keepAlive(dispatch: Dispatch, { graphCallId }: CallOfGraph): Promise<void> {
    const { clock, logger, metrics } = this.core;
    const token = await this.token(dispatch);
    const outcome = await this.graph.client.keepAlive(graphCallId, token.value);
    if (outcome.kind === 'failed') metrics.keepAliveFailures.inc();
    if (outcome.kind === 'failed' && !outcome.isFinal) return this.putOff(dispatch, graphCallId, outcome, token);
    if (outcome.kind === 'failed') {
      const { httpStatus, code } = outcome.error;
      logger.warn({ callId: dispatch.callId, graphCallId, httpStatus, code }, 'Graph refused to keep a call alive');
    }
    if (outcome.kind === 'gone') this.saidGone(graphCallId);
    this.remember(graphCallId, { keepAliveAtMs: clock.nowMs() + this.options.rules.keepAliveIntervalMs });
  }

  /**
   * Asks Graph for the call, and tells its history what it did not know: the state that it is in, or, when Graph says so
   * for the second time, that it is gone. The observation also answers the call's unreadable callback, if there is one.
   * @throws KafkaError, GraphTokenError
   */
  async lookUp(
    dispatch: Dispatch,
    { attempt, graphCallId, answers = null }: CallOfGraph & { readonly answers?: string | null },
  ): Promise<void> {
    const { clock, logger } = this.core;
    const token = await this.token(dispatch);
    const outcome = await this.graph.client.getCall(graphCallId, token.value);
    if (outcome.kind === 'failed' && !outcome.isFinal) return this.putOff(dispatch, graphCallId, outcome, token);
    const found = { kind: 'keep-alive', attempt, graphCallId, ...(answers !== null && { answers }) } as const;
    const isSaidGone = this.known.get(graphCallId)?.isSaidGone === true;
    if (outcome.kind === 'gone') {
      if (!isSaidGone) {
        this.saidGone(graphCallId);
        return;
      }
      await this.tell(dispatch, { ...found, id: `gone-${graphCallId}`, result: 'gone' });
      this.remember(graphCallId, { isToldGone: true });
      for (const listener of this.listeners) listener(dispatch);
      return;
    }
    if (outcome.kind === 'failed') {
      const { httpStatus, code } = outcome.error;
      logger.warn({ callId: dispatch.callId, graphCallId, httpStatus, code }, 'Graph refused to say where a call is');
    }
    const call = outcome.kind === 'found' ? stateOfCall(outcome.call) : null;
    if (answers !== null && outcome.kind === 'found') {
      await this.tell(dispatch, { ...found, id: `found-for-${answers}`, result: 'found', ...(call !== null && { call }) });
    } else if (call !== null) {
      await this.tell(dispatch, { ...found, id: `found-${graphCallId}-${call.state}`, result: 'found', call });
    }
    // A call that was said to be gone and lives may have been hung up in vain.
    const again = isSaidGone && outcome.kind === 'found' ? { isSaidGone: false, hungUpFor: NO_FOLLOW_UP.hungUpFor } : {};
    const nowMs = clock.nowMs();
    const asked = { lookedUpAtMs: nowMs, lookUpAtMs: nowMs + this.options.rules.establishingMaxMs };
    this.remember(graphCallId, { ...again, ...asked, ...(answers !== null && { answeredCallbackId: answers }) });
  }

  private saidGone(graphCallId: string): void {
    this.remember(graphCallId, { isSaidGone: true, lookUpAtMs: this.core.clock.nowMs() + CONFIRM_AFTER_MS });
  }

  private token(dispatch: Dispatch): Promise<AppToken> {
    return this.graph.tokens.get(ownerOf(dispatch));
  }

  /**
   * Graph could not do it now. After a 401 it is tried again with a new token; a 429 is about the whole app in the tenant.
   * @throws GraphTokenError
   */
  private async putOff(dispatch: Dispatch, graphCallId: string, failure: FollowUpFailure, used: AppToken): Promise<void> {
    const { tokens } = this.graph;
    const owner = ownerOf(dispatch);
    const notBeforeMs = this.core.clock.nowMs() + Math.min(failure.retryAfterMs, this.options.maxWaitMs);
    this.remember(graphCallId, { notBeforeMs });
    if (failure.error.httpStatus === 429) this.throttledUntilMs.set(ownerKey(owner), Math.max(notBeforeMs, this.fromMs(owner)));
    if (failure.error.httpStatus !== 401) return;
    // Somebody else may have taken a new one meanwhile.
    if ((await tokens.get(owner)).value === used.value) await tokens.refresh(owner);
  }

  private remember(graphCallId: string, change: Partial<FollowUp>): void {
    const oldest = this.known.keys().next();
    if (this.known.size >= MAX_REMEMBERED && oldest.done !== true) this.known.delete(oldest.value);
    this.known.set(graphCallId, { ...(this.known.get(graphCallId) ?? NO_FOLLOW_UP), ...change });
  }

  private async tell(dispatch: Dispatch, fact: Fact): Promise<void> {
    const { callId, command } = dispatch;
    if (command === null) return;
    const { tenantId, appId } = command;
    const receivedAt = new Date(this.core.clock.nowMs()).toISOString();
    await this.options.observations.send([{ callId, tenantId, appId, receivedAt, ...fact }]);
  }
}

function ownerOf({ callId, command }: Dispatch): NonNullable<Dispatch['command']> {
  if (command === null) throw new Error(`the call ${callId} was dialled without a command`);
  return command;
}

/** What of Graph's call resource tells its state; null if the answer has none. */
function stateOfCall(body: unknown): FoundCall | null {
  if (typeof body !== 'object' || body === null) return null;
  const { state, mediaState, resultInfo } = body as Readonly<Record<string, unknown>>;
  if (typeof state !== 'string') return null;
  return { state, ...(isObject(mediaState) && { mediaState }), ...(isObject(resultInfo) && { resultInfo }) };
}

type Told = Extract<Observation, { kind: 'grace-over' | 'keep-alive' | 'end' }>;
type Fact = {
  [K in Told['kind']]: Omit<Extract<Told, { kind: K }>, 'callId' | 'tenantId' | 'appId' | 'receivedAt'>;
}[Told['kind']];
