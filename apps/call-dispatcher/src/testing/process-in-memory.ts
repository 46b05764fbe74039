import { createLogger } from '@callbus/chassis';
import { CallbackPaths } from '@callbus/contracts';
import type { CreateCallOutcome, CreateCallRequest } from '@callbus/graph';
import { Registry } from 'prom-client';
import { Attempts } from '../dialling/attempts.js';
import { BackOffs } from '../dialling/back-offs.js';
import { Breaker } from '../dialling/breaker.js';
import { BrokerClock } from '../ledger/broker-clock.js';
import type { DispatcherCore } from '../dispatcher-core.js';
import { DispatcherMetrics } from '../dispatcher-metrics.js';
import { Ledger } from '../ledger/ledger.js';
import { Quotas } from '../dialling/quotas.js';
import { DEADLINE_MS, ORPHAN_MS } from './dispatches.js';
import type { MemoryLog } from './memory-log.js';

export const LOGGER = createLogger('test', 'silent');

/** Graph as a process sees it; it creates every call, unless it is told otherwise. */
export class GraphInMemory {
  /** The callIds of the creates that were sent. */
  readonly posts: string[] = [];
  /** What a create waits for before its connection stands. */
  connected: Promise<void> = Promise.resolve();
  /** What it makes of a create that was sent. */
  answer: CreateCallOutcome | undefined;

  async createCall({ callId, beforeSend }: CreateCallRequest): Promise<CreateCallOutcome> {
    await this.connected;
    try {
      beforeSend?.();
    } catch (error) {
      return { kind: 'not-sent', why: String(error), isUnreachable: false };
    }
    this.posts.push(callId);
    return this.answer ?? { kind: 'created', graphCallId: `graph-${callId}`, call: null, requestId: null };
  }
}

export interface ProcessInMemory extends DispatcherCore {
  readonly attempts: Attempts;
  readonly graph: GraphInMemory;
}

/** What one dispatcher has in common for all its loops, on a ledger in memory. */
export async function processOn(log: MemoryLog, logger = LOGGER): Promise<ProcessInMemory> {
  const clock = new BrokerClock();
  const graph = new GraphInMemory();
  const metrics = new DispatcherMetrics(new Registry());
  const breaker = new Breaker({ failures: 5, openMs: 1_000 });
  const ledger = await Ledger.open({
    client: log,
    sender: log.sender,
    topicPrefix: '',
    clock,
    logger,
    reportFrom: 0n,
    relayPosition: () => Promise.resolve(0n),
    onFatal: (error) => {
      throw error;
    },
  });
  const quotas = new Quotas({ maxLiveCalls: 100, maxCallsPerMonth: 100 }, () => false);
  const backOffs = new BackOffs(300_000);
  for (const dispatch of ledger.all()) quotas.changed(undefined, dispatch);
  backOffs.restore(() => ledger.all());
  ledger.onChange((dispatch, _transition, before) => {
    quotas.changed(before, dispatch);
    backOffs.changed(before, dispatch);
  });
  const core = { ledger, clock, logger, metrics };
  const dial = {
    graph,
    callbackPaths: new CallbackPaths([Buffer.alloc(32).toString('base64url')]),
    callbackPublicUrl: 'https://callbacks.example',
    intentDeadlineMs: DEADLINE_MS,
    intentOrphanMs: ORPHAN_MS,
  };
  const attempts = new Attempts(core, dial, { quotas, backOffs, breaker, perTenant: 100, inAll: 100 });
  return { ...core, attempts, graph };
}
