import type { ServiceContext } from '@callbus/chassis';
import { CallbackPaths } from '@callbus/contracts';
import type { SnapshotFollower } from '@callbus/kafka';
import type { DispatcherCore } from '../dispatcher-core.js';
import { isOver, type CallHistory } from '../driver/next-step.js';
import type { CallHistories } from '../follow-ups/call-histories.js';
import type { FollowUps } from '../follow-ups/follow-ups.js';
import { orphanMsOf, type DispatcherSettings } from '../settings/dispatcher-settings.js';
import { Attempts, type DialLimits } from './attempts.js';
import { BackOffs } from './back-offs.js';
import { Breaker } from './breaker.js';
import type { Dialling } from './dialling.js';
import type { GraphAccess } from './open-graph.js';
import { Quotas } from './quotas.js';
import { RoleCheck } from './role-check.js';

/** The three sources from which a quota learns that a call has ended. */
export interface CallEnds {
  readonly histories: CallHistories;
  readonly snapshots: SnapshotFollower<CallHistory>;
  readonly followUps: FollowUps;
}

export interface StartedDialling extends Dialling {
  readonly limits: DialLimits;
}

/** Begins to count the calls of the ledger against Graph's limits, and returns what dials within them. */
export function startDialling(
  { settings, onShutdown }: ServiceContext<DispatcherSettings>,
  core: DispatcherCore,
  graph: GraphAccess,
  calls: CallEnds,
): StartedDialling {
  const { tokens } = graph;
  const limits = {
    quotas: quotasOf(settings, core, calls),
    backOffs: backOffsOf(settings, core),
    breaker: new Breaker({ failures: settings.graphBreakerFailures, openMs: settings.graphBreakerOpenMs }),
    perTenant: settings.graphMaxConcurrentCreates,
    inAll: settings.graphMaxConcurrentCreatesInAll,
  };
  const dial = {
    graph: graph.client,
    callbackPaths: new CallbackPaths(settings.callbackMacKeys),
    callbackPublicUrl: settings.callbackPublicUrl,
    intentDeadlineMs: settings.intentDeadlineMs,
    intentOrphanMs: orphanMsOf(settings),
  };
  const attempts = new Attempts(core, dial, limits);
  onShutdown('attempts', () => attempts.drain());
  const roles = new RoleCheck(tokens, { isOn: settings.graphCheckRoles, youngMs: settings.graphYoungTokenMs });
  return { attempts, tokens, roles, limits };
}

function quotasOf(settings: DispatcherSettings, { ledger }: DispatcherCore, calls: CallEnds): Quotas {
  const { histories, snapshots, followUps } = calls;
  const quotas = new Quotas(
    { maxLiveCalls: settings.graphMaxLiveCalls, maxCallsPerMonth: settings.graphMaxCallsPerMonth },
    (dispatch) => isOver(dispatch, histories.of(dispatch), followUps.all),
  );
  for (const dispatch of ledger.all()) quotas.changed(undefined, dispatch);
  ledger.onChange((dispatch, _transition, before) => {
    quotas.changed(before, dispatch);
  });
  ledger.onForgotten((dispatch) => {
    quotas.forget(dispatch);
  });
  snapshots.onSnapshot((callId) => {
    const dispatch = ledger.get(callId);
    if (dispatch !== undefined) quotas.update(dispatch);
  });
  followUps.onGone((dispatch) => {
    quotas.update(dispatch);
  });
  return quotas;
}

function backOffsOf({ graphRetryAfterMaxMs }: DispatcherSettings, { ledger }: DispatcherCore): BackOffs {
  const backOffs = new BackOffs(graphRetryAfterMaxMs);
  backOffs.restore(() => ledger.all());
  ledger.onChange((dispatch, _transition, before) => {
    backOffs.changed(before, dispatch);
  });
  return backOffs;
}
