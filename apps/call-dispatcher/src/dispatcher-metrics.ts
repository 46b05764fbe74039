import { addCounter, addGauge } from '@callbus/chassis';
import { isSettled, MESSAGES, type Command, type Dispatch, type OperatorCommand, type Transition } from '@callbus/contracts';
import type { CreateCallOutcome, Exchange } from '@callbus/graph';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { TenantTally } from './ledger/tenant-tally.js';
import type { UnsettledCalls } from './driver/unsettled-calls.js';

type CommandType = Command['type'] | OperatorCommand['type'];
const COMMANDS = Object.keys({ ...MESSAGES.commands.types, ...MESSAGES.operatorCommands.types }) as CommandType[];
const POSTS = ['created', 'rejected', 'throttled', 'unauthorized', 'unknown', 'not_sent'] as const;
/** How a call can end in the ledger. `forbidden`: rejected by ourselves, before Graph was asked. */
const END_STATES = ['created', 'rejected', 'invalid', 'expired', 'cancelled', 'forbidden'] as const;
type EndState = (typeof END_STATES)[number];

/** What the dispatcher counts as it happens. */
export class DispatcherMetrics {
  readonly command: (type: CommandType) => void;
  readonly intentsLost: Counter;
  readonly keepAliveFailures: Counter;
  readonly ledgerRestoreSeconds: Gauge;
  private readonly posts: (outcome: (typeof POSTS)[number]) => void;
  private readonly finished: ReturnType<typeof addCounter<EndState>>;
  private readonly unknownOutcomes: Counter;
  private readonly requestDuration: Histogram;

  constructor(registry: Registry) {
    const registers = [registry];
    this.command = addCounter(
      registry,
      'callbus_commands_total',
      'Commands that were taken into the ledger, or had nothing to change there',
      'type',
      COMMANDS,
    );
    this.posts = addCounter(
      registry,
      'callbus_posts_total',
      'Attempts to create a call, by what is known of their outcome',
      'outcome',
      POSTS,
    );
    this.finished = addCounter(
      registry,
      'callbus_calls_finished_total',
      'Calls that came to their end in the ledger, each counted by the process that looks after it',
      'status',
      END_STATES,
    );
    this.unknownOutcomes = new Counter({
      name: 'callbus_unknown_outcomes_total',
      help: 'Attempts of which nobody knows whether they dialled, each counted by the process that looks after the call',
      registers,
    });
    this.intentsLost = new Counter({
      name: 'callbus_intents_lost_total',
      help: 'Intents of this process that did not take effect: another attempt, an end or a proof was first',
      registers,
    });
    this.keepAliveFailures = new Counter({
      name: 'callbus_keep_alive_failures_total',
      help: 'Keep-alives that Graph refused or did not answer; it ends a call 45 minutes after the last one that it took',
      registers,
    });
    this.ledgerRestoreSeconds = new Gauge({
      name: 'callbus_ledger_restore_seconds',
      help: 'Time that the fold of the whole ledger took at the start',
      registers,
    });
    this.requestDuration = new Histogram({
      name: 'http_client_request_duration_seconds',
      help: 'Time of a request to Graph or to its token endpoint; the status code is «none» when no answer came',
      labelNames: ['http_request_method', 'url_template', 'http_response_status_code'],
      registers,
    });
  }

  posted({ kind }: CreateCallOutcome): void {
    this.posts(kind === 'not-sent' ? 'not_sent' : kind);
  }

  /** To be called for the calls that this process looks after, so that each is counted once. */
  changed(before: Dispatch | undefined, dispatch: Dispatch, transition: Transition): void {
    const endState = endStateOf(before, dispatch, transition);
    if (endState !== null) this.finished(endState);
    if (transition.kind === 'unknown') this.unknownOutcomes.inc();
  }

  requested({ method, urlTemplate, status, durationMs }: Exchange): void {
    const labels = {
      http_request_method: method,
      url_template: urlTemplate,
      http_response_status_code: String(status ?? 'none'),
    };
    this.requestDuration.observe(labels, durationMs / 1_000);
  }
}

/** The end that a call came to by this transition; null when it came to none, or had come to one before. */
export function endStateOf(before: Dispatch | undefined, after: Dispatch, transition: Transition): EndState | null {
  if (!isSettled(after) || (before !== undefined && isSettled(before))) return null;
  if (transition.kind === 'forbidden') return 'forbidden';
  return END_STATES.find((state) => state === after.phase) ?? null;
}

/** What is there to be seen at any time. */
export interface DispatcherState {
  readonly unsettled: Pick<UnsettledCalls, 'waiting' | 'parked' | 'unknown' | 'unknownMs'>;
  readonly ledger: {
    lag(): number;
    readonly waitingBytes: Pick<TenantTally, 'inAll'>;
    readonly unknownBytes: Pick<TenantTally, 'inAll'>;
    readonly announcedEnds: Pick<TenantTally, 'inAll'>;
  };
  readonly attempts: { inFlight(): number; left(): number };
  /** The least of all apps and tenants. */
  readonly quotas: { left(nowMs: number): { readonly liveCalls: number; readonly callsPerMonth: number } };
  readonly backOffs: { longestWaitMs(nowMs: number): number };
  readonly breaker: { waitMs(): number };
  readonly tokens: { remainingMs(): number };
  readonly clock: { nowMs(): number };
}

export function watchDispatcher(registry: Registry, state: DispatcherState): void {
  const { unsettled, ledger, attempts, quotas, backOffs, breaker, tokens, clock } = state;
  const gauge = (name: string, help: string, read: () => number): void => {
    addGauge(registry, name, help, read);
  };
  gauge('callbus_calls_unknown', 'Calls of this process whose outcome is unknown and which are not parked yet', () =>
    unsettled.unknown(),
  );
  gauge(
    'callbus_unknown_age_seconds',
    'Time since the outcome of the oldest of these became unknown; 0 without one',
    () => unsettled.unknownMs(clock.nowMs()) / 1_000,
  );
  gauge(
    'callbus_calls_parked',
    'Calls of this process that are parked: an operator, or the command’s ifUnknown, has to decide',
    () => unsettled.parked(),
  );
  gauge('callbus_commands_waiting', 'Calls of this process that wait for their next attempt', () => unsettled.waiting());
  gauge(
    'callbus_calls_waiting_bytes',
    'Bytes that the calls of all processes which wait or are being dialled take in the memory of each',
    () => ledger.waitingBytes.inAll(),
  );
  gauge(
    'callbus_calls_unknown_bytes',
    'Bytes that the calls of all processes whose outcome is unknown, parked ones too, take in the memory of each until they are proven, released or ended',
    () => ledger.unknownBytes.inAll(),
  );
  gauge(
    'callbus_unknown_ends',
    'EndCall commands for unknown calls that the ledger remembers; the same in every dispatcher',
    () => ledger.announcedEnds.inAll(),
  );
  gauge('callbus_posts_in_flight', 'Attempts of this process under way, from the Intent to its outcome in the ledger', () =>
    attempts.inFlight(),
  );
  gauge('callbus_breaker_open', 'Whether dialling pauses, since Graph cannot be reached: 1 or 0', () =>
    Number(breaker.waitMs() > 0),
  );
  gauge(
    'callbus_graph_back_off_seconds',
    'Longest remaining back-off of an app in a tenant after Graph asked it to wait; 0 when none has to wait',
    () => backOffs.longestWaitMs(clock.nowMs()) / 1_000,
  );
  gauge(
    'callbus_graph_token_remaining_seconds',
    'Time until the first of the app tokens in use expires; NaN without one',
    () => tokens.remainingMs() / 1_000,
  );
  gauge('callbus_ledger_lag_records', 'Records of the ledger that this process has not folded yet, as of its last fetch', () =>
    ledger.lag(),
  );
  new Gauge({
    name: 'callbus_quota_left',
    help: 'What is left of a limit for the app and tenant with the least: attempts at once, live calls, calls of this month (UTC) that Graph took or may have taken',
    labelNames: ['limit'],
    registers: [registry],
    collect() {
      const { liveCalls, callsPerMonth } = quotas.left(clock.nowMs());
      this.set({ limit: 'concurrent_posts' }, attempts.left());
      this.set({ limit: 'live_calls' }, liveCalls);
      this.set({ limit: 'calls_per_month' }, callsPerMonth);
    },
  });
}
