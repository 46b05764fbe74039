import { nestLogger, type ServiceContext } from '@callbus/chassis';
import type { AppTokens } from '@callbus/graph';
import { RethrowFilter } from '@callbus/kafka/nest';
import { NestFactory } from '@nestjs/core';
import { connectKafka } from './connect-kafka.js';
import { openGraph } from './dialling/open-graph.js';
import { startDialling, type StartedDialling } from './dialling/start-dialling.js';
import type { DispatcherCore } from './dispatcher-core.js';
import { DispatcherMetrics, watchDispatcher } from './dispatcher-metrics.js';
import { DispatcherModule } from './dispatcher.module.js';
import type { Driver } from './driver/driver.js';
import type { NextStepRules } from './driver/next-step.js';
import { startDriver } from './driver/start-driver.js';
import { UnsettledCalls } from './driver/unsettled-calls.js';
import { CallHistories } from './follow-ups/call-histories.js';
import { FollowUps } from './follow-ups/follow-ups.js';
import { restoreSnapshots } from './follow-ups/restore-snapshots.js';
import { OwnCalls } from './inbox/own-calls.js';
import { restoreLedger } from './ledger/open-ledger.js';
import { ObservationSender } from './relay/observation-sender.js';
import type { DispatcherSettings } from './settings/dispatcher-settings.js';

/** Folds the whole ledger, then begins to act: the order of this function is the order of the start. */
export async function startDispatcher(context: ServiceContext<DispatcherSettings>): Promise<void> {
  const { settings, logger, health, startStep, onShutdown, fail: onFatal } = context;
  const { topicPrefix, partitions } = settings.kafka;
  const service = settings.serviceName || 'call-dispatcher';
  const metrics = new DispatcherMetrics(context.metrics);
  const { client, sender } = await connectKafka(context, service);
  const core = await restoreLedger(context, { client, sender }, metrics);
  const snapshots = await restoreSnapshots(context, client);

  const histories = new CallHistories(snapshots);
  const observations = new ObservationSender(sender, { topicPrefix, partitions });
  const graph = openGraph(context, metrics);
  const rules = nextStepRulesOf(settings);
  const followUps = new FollowUps(core, graph, { observations, rules, maxWaitMs: settings.graphRetryAfterMaxMs });
  const dialling = startDialling(context, core, graph, { histories, snapshots, followUps });
  const ownCalls = new OwnCalls({ client, topicPrefix, partitions, service, logger, onFatal, startStep });
  watchCalls(context, core, { histories, ownCalls, dialling, tokens: graph.tokens });

  health.addReadiness('kafka consumers', () => ownCalls.transport.condition());
  const app = await NestFactory.createMicroservice(DispatcherModule.with({ core, dialling, snapshots, observations }, settings), {
    strategy: ownCalls.transport,
    logger: nestLogger(logger),
    abortOnError: false,
  });
  app.useGlobalFilters(new RethrowFilter());
  onShutdown('consumers', () => app.close());
  const driver = startDriver(context, core, dialling, { graph, histories, snapshots, followUps, ownCalls, rules });
  await app.listen();
  startTimers(context, core, dialling, driver);
}

function nextStepRulesOf(settings: DispatcherSettings): NextStepRules {
  return {
    unknownGraceMs: settings.unknownGraceMs,
    keepAliveIntervalMs: settings.keepAliveIntervalMs,
    establishingMaxMs: settings.establishingMaxMs,
    unreadLookUpMs: settings.unreadCallbackLookUpMs,
    maxUnknownAttempts: settings.redialMaxUnknownAttempts,
  };
}

interface WatchedParts {
  readonly histories: CallHistories;
  readonly ownCalls: OwnCalls;
  readonly dialling: StartedDialling;
  readonly tokens: AppTokens;
}

/** Measures the calls that this process looks after, and what limits its dialling. */
function watchCalls(
  context: ServiceContext<DispatcherSettings>,
  { ledger, clock, metrics }: DispatcherCore,
  { histories, ownCalls, dialling, tokens }: WatchedParts,
): void {
  const isMine = (callId: string): boolean => ownCalls.has(callId);
  const unsettled = new UnsettledCalls({ isMine, historyOf: (dispatch) => histories.of(dispatch) });
  for (const dispatch of ledger.all()) unsettled.update(dispatch);
  ledger.onChange((dispatch, transition, before) => {
    if (isMine(dispatch.callId)) metrics.changed(before, dispatch, transition);
    unsettled.update(dispatch);
  });
  ledger.onForgotten((dispatch) => {
    unsettled.forget(dispatch);
  });
  const { attempts, limits } = dialling;
  watchDispatcher(context.metrics, { unsettled, ledger, attempts, tokens, clock, ...limits });
}

function startTimers(
  { settings, logger, onShutdown }: ServiceContext<DispatcherSettings>,
  { ledger }: DispatcherCore,
  { limits: { quotas } }: StartedDialling,
  driver: Driver,
): void {
  const forget = setInterval(() => {
    quotas.updateLive((callId) => ledger.get(callId));
    driver.advance();
    ledger.forgetReported().catch((error: unknown) => {
      logger.warn({ err: error }, 'the relay’s committed offset could not be read; the dispatcher retries');
    });
  }, settings.relayForgetIntervalMs);
  onShutdown('timers', () => {
    clearInterval(forget);
    return Promise.resolve();
  });
}
