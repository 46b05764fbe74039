import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  isEndRequested,
  latestAttempt,
  type Attempt,
  type CallbackPaths,
  type Dispatch,
  type LedgerCommand,
  type LedgerRecord,
} from '@callbus/contracts';
import { MONTHLY_LIMIT_CODE, toGraphCall, type AppToken, type CreateCallOutcome, type GraphClient } from '@callbus/graph';
import { inTrace, KafkaError } from '@callbus/kafka';
import type { BackOffs } from './back-offs.js';
import type { Breaker } from './breaker.js';
import type { DispatcherCore } from '../dispatcher-core.js';
import { outcomeRecord, type AttemptKey } from './outcome-record.js';
import { ownerKey, type Owner, type Quotas } from './quotas.js';

/** How a call is dialled. */
export interface DialOptions {
  readonly graph: Pick<GraphClient, 'createCall'>;
  readonly callbackPaths: CallbackPaths;
  readonly callbackPublicUrl: string;
  readonly intentDeadlineMs: number;
  readonly intentOrphanMs: number;
}

/** The limits that can delay a dial. */
export interface DialLimits {
  readonly quotas: Quotas;
  readonly backOffs: BackOffs;
  readonly breaker: Breaker;
  /** Attempts of this process under way at once, per app and tenant. */
  readonly perTenant: number;
  /** Attempts of this process under way at once. */
  readonly inAll: number;
}

/** What the log tells of an outcome; what else Graph said of it is in the call’s history. */
function factsOf(outcome: CreateCallOutcome): Readonly<Record<string, unknown>> {
  const { kind } = outcome;
  if (kind === 'created') return { outcome: kind, graphCallId: outcome.graphCallId, requestId: outcome.requestId };
  if (kind === 'unknown' || kind === 'not-sent') return { outcome: kind, why: outcome.why };
  const { httpStatus, code, requestId } = outcome.error;
  return { outcome: kind, httpStatus, code, requestId };
}

/** The code of a line of the log on which an alert can be built. */
const MONTHLY_LIMIT_ALERT = 'GRAPH_MONTHLY_LIMIT';
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;

/**
 * The attempts to dial that this process makes. The one permission to POST is a nonce that only this process knows, in
 * an Intent that took effect, seen by reading back. There is one POST per nonce, whatever comes of it.
 */
export class Attempts {
  private readonly inHand = new Map<string, Owner>();
  private readonly inHandOf = new Map<string, number>();
  private readonly running = new Set<Promise<void>>();
  private readonly listeners = new Set<(callId: string) => void>();

  constructor(
    private readonly core: DispatcherCore,
    private readonly dial: DialOptions,
    private readonly limits: DialLimits,
  ) {}

  /** Calls the listener when no attempt of the call is under way here any more, so that there is room for another. */
  onPlaceFreed(listener: (callId: string) => void): void {
    this.listeners.add(listener);
  }

  /** @returns what keeps an app from dialling in a tenant now; null when nothing does */
  obstacle(owner: Owner): string | null {
    const { quotas, backOffs, breaker, perTenant, inAll } = this.limits;
    const { clock } = this.core;
    if (breaker.waitMs() > 0) return 'Graph cannot be reached';
    if (backOffs.waitMs(owner, clock.nowMs()) > 0) return 'Graph asked the app to wait in the tenant (Retry-After)';
    if (quotas.dialling(owner) >= backOffs.window(owner))
      return 'the app goes on slowly in the tenant, since Graph asked it to wait';
    const exceeded = quotas.obstacle(owner, clock.nowMs());
    if (exceeded !== null) return exceeded;
    if ((this.inHandOf.get(ownerKey(owner)) ?? 0) >= perTenant || this.inHand.size >= inAll) {
      return 'as many calls as may be dialled at once are being dialled (GRAPH_MAX_CONCURRENT_CREATES)';
    }
    return null;
  }

  /** Milliseconds until the circuit breaker and the app’s back-off in the tenant let it dial; 0 when neither holds it back. */
  waitMs(owner: Owner): number {
    const { backOffs, breaker } = this.limits;
    return Math.max(breaker.waitMs(), backOffs.waitMs(owner, this.core.clock.nowMs()));
  }

  /**
   * Takes the call into this process's hands, if nothing stands in the way; `begin` or `giveBack` has to follow.
   * @returns what stands in the way; null when it was taken
   */
  reserve(callId: string, owner: Owner): string | null {
    const obstacle = this.isInHand(callId) ? 'an attempt of the call is under way' : this.obstacle(owner);
    if (obstacle !== null) return obstacle;
    const key = ownerKey(owner);
    this.inHand.set(callId, owner);
    this.inHandOf.set(key, (this.inHandOf.get(key) ?? 0) + 1);
    this.limits.quotas.reserve(callId, owner);
    this.limits.breaker.begin();
    return null;
  }

  /** The attempt that the call was reserved for is not made. */
  giveBack(callId: string): void {
    const owner = this.inHand.get(callId);
    if (owner === undefined) return;
    const key = ownerKey(owner);
    this.inHand.delete(callId);
    const left = (this.inHandOf.get(key) ?? 1) - 1;
    if (left > 0) this.inHandOf.set(key, left);
    else this.inHandOf.delete(key);
    this.limits.quotas.giveBack(callId, owner);
    for (const listener of this.listeners) listener(callId);
  }

  inFlight(): number {
    return this.inHand.size;
  }

  /** How many attempts more may be under way at once, of the app and tenant with the most. */
  left(): number {
    const { perTenant, inAll } = this.limits;
    return Math.min(perTenant - Math.max(0, ...this.inHandOf.values()), inAll - this.inHand.size);
  }

  /** Whether this process is at an attempt of this call right now. */
  isInHand(callId: string): boolean {
    return this.inHand.has(callId);
  }

  /**
   * Proposes an attempt for a call that was reserved and, if the proposal takes effect, POSTs and records the outcome in the background.
   * @param asked the call, as the command asked for it that the token is for
   * @param first records to be appended in front of the Intent, in the same send
   * @returns the call as the ledger has it after the Intent was read back
   * @throws KafkaError: the Intent may be in the ledger; then it is closed as not sent, in the background
   */
  async begin(
    asked: Pick<Dispatch, 'callId' | 'requestHash'>,
    attempt: number,
    token: AppToken,
    first: readonly LedgerRecord[] = [],
  ): Promise<Dispatch | undefined> {
    const { ledger, metrics } = this.core;
    const { intentDeadlineMs: deadlineMs, intentOrphanMs: orphanMs } = this.dial;
    const { callId, requestHash } = asked;
    const key = { callId, attempt, nonce: randomUUID() };
    // From here on, so that a shutdown waits for an Intent that is being written too.
    let close: (work: Promise<void>) => void = () => undefined;
    this.keepInHandUntil(new Promise<void>((resolve) => (close = resolve)), callId);
    let work = Promise.resolve();
    try {
      const begunAtMs = performance.now();
      const dispatch = await ledger.append(callId, [...first, { type: 'Intent', ...key, deadlineMs, orphanMs }]);
      const intent = dispatch?.attempts.find(({ nonce }) => nonce === key.nonce);
      if (intent === undefined) metrics.intentsLost.inc();
      if (dispatch?.command == null || intent === undefined) return dispatch;
      const { command } = dispatch;
      if (command.call === null)
        work = this.record({ type: 'NotSent', ...key, why: 'the call was ended or proven before it was dialled' });
      else if (dispatch.requestHash === requestHash)
        work = inTrace(ledger.traceOf(callId), () => this.post(command, key, intent, token, begunAtMs));
      else work = this.record({ type: 'NotSent', ...key, why: 'the attempt was meant for another command of the same callId' });
      return dispatch;
    } catch (error) {
      // It may be written or not, and take effect even later. Closing the nonce keeps it from ever being an orphan.
      work = this.record({ type: 'NotSent', ...key, why: 'Kafka did not say whether the Intent was written' });
      throw error;
    } finally {
      close(work);
    }
  }

  /** Resolves when every attempt under way has its outcome in the ledger. */
  async drain(): Promise<void> {
    while (this.running.size > 0) await Promise.all(this.running);
  }

  private keepInHandUntil(closed: Promise<void>, callId: string): void {
    const running = closed.finally(() => {
      this.running.delete(running);
      this.giveBack(callId);
    });
    this.running.add(running);
  }

  private async post(
    command: LedgerCommand,
    key: AttemptKey,
    intent: Attempt,
    token: AppToken,
    begunAtMs: number,
  ): Promise<void> {
    const { ledger, logger, metrics } = this.core;
    const { graph, callbackPaths, callbackPublicUrl } = this.dial;
    const { callId, attempt } = key;
    const { appId, tenantId, call } = command;
    const callbackUri = callbackPublicUrl + callbackPaths.pathFor({ appId, tenantId, callId, attempt });
    const clientRequestId = randomUUID();
    const askedAtMs = performance.now();
    const outcome = await graph.createCall({
      token: token.value,
      body: toGraphCall(call, callbackUri),
      callId,
      clientRequestId,
      beforeSend: () => {
        // The broker stamped the Intent after its append was begun, so this is never earlier than the broker's time.
        const nowMs = intent.intendedAtMs + performance.now() - begunAtMs;
        const current = ledger.get(callId);
        if (nowMs > command.notAfterMs) throw new Error('notAfter passed before the request could be sent');
        if (nowMs > intent.intendedAtMs + intent.deadlineMs) throw new Error('the time to begin the attempt was over');
        if (current !== undefined && isEndRequested(current)) throw new Error('the call was ended before it was dialled');
        if (current?.phase !== 'open' || latestAttempt(current)?.nonce !== key.nonce)
          throw new Error('another attempt of the call was proven or begun meanwhile');
      },
    });
    metrics.posted(outcome);
    if (outcome.kind === 'not-sent' && outcome.isUnreachable) this.limits.breaker.notConnected();
    else if (outcome.kind !== 'not-sent') this.limits.breaker.connected();
    const durationMs = Math.round(performance.now() - askedAtMs);
    logger.info({ callId, attempt, tenantId, appId, clientRequestId, durationMs, ...factsOf(outcome) }, 'attempted');
    if (outcome.kind === 'unknown')
      logger.warn({ callId, attempt, ...withoutGraphsWords(outcome) }, 'nobody knows whether this attempt dialled');
    if (outcome.kind === 'rejected' && outcome.error.code === MONTHLY_LIMIT_CODE)
      logger.error({ code: MONTHLY_LIMIT_ALERT, callId, tenantId, appId }, 'Graph’s monthly limit of calls is reached');
    const earlier = ledger.get(callId)?.attempts.filter((one) => one.attempt < attempt) ?? [];
    await this.record(outcomeRecord(key, outcome, earlier));
  }

  /** Appends until Kafka has it: an outcome is known only here. */
  private async record(record: LedgerRecord): Promise<void> {
    for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS)) {
      try {
        await this.core.ledger.append(record.callId, [record]);
        return;
      } catch (error) {
        if (!(error instanceof KafkaError) || error.code === 'INVARIANT') throw error;
        this.core.logger.warn({ err: error, callId: record.callId, type: record.type }, 'an outcome is not in the ledger yet');
        if (error.code === 'RECORD_REFUSED' && record.type === 'Created' && record.call != null) {
          // Graph's answer is too large for the ledger; that the call was created is what counts.
          await this.record({ ...record, call: null });
          return;
        }
        await delay(retryMs);
      }
    }
  }
}

/** What the log may say of it: Graph's own words may repeat a phone number (G8); the ledger has them. */
function withoutGraphsWords({ why, error }: Extract<CreateCallOutcome, { kind: 'unknown' }>): object {
  return error === undefined ? { why } : { httpStatus: error.httpStatus, code: error.code, requestId: error.requestId };
}
