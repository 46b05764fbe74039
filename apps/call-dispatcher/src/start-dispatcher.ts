import { nestLogger, type ServiceContext } from '@callbus/chassis';
import { CallbackPaths, partitionOf, partitionsOf, topicName, TOPICS } from '@callbus/contracts';
import { AppTokens, GraphClient, type Exchange } from '@callbus/graph';
import {
  kafkaClientOf,
  KafkaTransport,
  missingOnKafka,
  restored,
  RethrowFilter,
  SnapshotFollower,
  type KafkaClient,
} from '@callbus/kafka';
import { NestFactory } from '@nestjs/core';
import { Attempts } from './dialling/attempts.js';
import { BackOffs } from './dialling/back-offs.js';
import { Breaker } from './dialling/breaker.js';
import { BrokerClock } from './ledger/broker-clock.js';
import { CallHistories, historyOf } from './follow-ups/call-histories.js';
import { DispatcherMetrics, watchDispatcher } from './dispatcher-metrics.js';
import { DispatcherModule } from './dispatcher.module.js';
import { answersMsOf, orphanMsOf, type DispatcherSettings } from './settings/dispatcher-settings.js';
import { Driver } from './driver/driver.js';
import { FollowUps } from './follow-ups/follow-ups.js';
import { isOver } from './driver/next-step.js';
import { openLedger } from './ledger/open-ledger.js';
import { Quotas } from './dialling/quotas.js';
import { RoleCheck } from './dialling/role-check.js';
import { UnsettledCalls } from './driver/unsettled-calls.js';

/** Folds the whole ledger, then begins to act: the order of this function is the order of the start. */
export async function startDispatcher(context: ServiceContext<DispatcherSettings>): Promise<void> {
  const { settings, logger, health, startStep, onShutdown, fail } = context;
  const { topicPrefix, partitions } = settings.kafka;
  const service = settings.serviceName || 'call-dispatcher';

  const metrics = new DispatcherMetrics(context.metrics);
  const client = kafkaClientOf(settings.kafka, { principal: 'call-dispatcher', process: service }, logger, context.metrics);
  onShutdown('kafka', () => client.close());
  health.addLiveness('kafka', () => client.liveness());
  const requireTopics = (): Promise<void> => topicsAreThere(client, topicPrefix, partitions);
  await startStep({ name: 'looking for the topics', run: requireTopics, waitsFor: missingOnKafka });
  const sender = await startStep({ name: 'connecting a sender', run: () => client.sender(), waitsFor: missingOnKafka });
  onShutdown('sender', () => sender.close());
  health.addReadiness('kafka sender', () => sender.condition());
  health.addReadiness('kafka records', () => client.unreadable());

  const clock = new BrokerClock();
  const openedAtMs = performance.now();
  const ledger = await restored(startStep, {
    topic: topicName(topicPrefix, TOPICS.dispatchLedger),
    open: (onFatal) => openLedger({ client, sender, topicPrefix, clock, logger, onFatal }),
    onFatal: fail,
  });
  metrics.ledgerRestoreSeconds.set((performance.now() - openedAtMs) / 1_000);
  onShutdown('ledger', () => ledger.stop());
  health.addReadiness('ledger', () => ledger.condition());
  const snapshots = await restored(startStep, {
    topic: topicName(topicPrefix, TOPICS.snapshots),
    open: (onFatal) => SnapshotFollower.start({ client, topicPrefix, partitionCount: partitions, keep: historyOf, onFatal }),
    onFatal: fail,
  });
  health.addReadiness('snapshots', () => snapshots.condition());
  onShutdown('snapshots', () => snapshots.stop());
  const histories = new CallHistories(snapshots);

  const onExchange = (exchange: Exchange): void => {
    metrics.requested(exchange);
  };
  const tokens = new AppTokens({
    authority: settings.graphAuthority,
    apps: settings.app.apps(),
    scope: `${new URL(settings.graphBaseUrl).origin}/.default`,
    requestTimeoutMs: settings.graphTokenTimeoutMs,
    onRequested: ({ appId, tenantId }, failure) => {
      if (failure !== null) logger.warn({ err: failure, appId, tenantId }, 'no token could be had; it is asked for again');
      driver.advance();
    },
    onExchange,
  });
  onShutdown('tokens', () => tokens.close());
  const roles = new RoleCheck(tokens, { isOn: settings.graphCheckRoles, youngMs: settings.graphYoungTokenMs });
  const graph = new GraphClient({
    baseUrl: settings.graphBaseUrl,
    connectTimeoutMs: settings.graphConnectTimeoutMs,
    headersTimeoutMs: settings.graphResponseTimeoutMs,
    bodyTimeoutMs: settings.graphResponseTimeoutMs,
    maxConcurrentPosts: settings.graphMaxConcurrentCreatesInAll,
    onExchange,
  });
  onShutdown('graph', () => graph.close());
  const quotas = new Quotas(
    { maxLiveCalls: settings.graphMaxLiveCalls, maxCallsPerMonth: settings.graphMaxCallsPerMonth },
    (dispatch) => isOver(dispatch, histories.of(dispatch), followUps.all),
  );
  const backOffs = new BackOffs(settings.graphRetryAfterMaxMs);
  const breaker = new Breaker({ failures: settings.graphBreakerFailures, openMs: settings.graphBreakerOpenMs });
  const attempts = new Attempts({
    ledger,
    graph,
    callbackPaths: new CallbackPaths(settings.callbackMacKeys),
    callbackPublicUrl: settings.callbackPublicUrl,
    intentDeadlineMs: settings.intentDeadlineMs,
    intentOrphanMs: orphanMsOf(settings),
    quotas,
    backOffs,
    breaker,
    clock,
    limits: { perTenant: settings.graphMaxConcurrentCreates, inAll: settings.graphMaxConcurrentCreatesInAll },
    logger,
    metrics,
    onReleased: (callId) => {
      driver.look(callId);
      driver.advance();
    },
  });
  onShutdown('attempts', () => attempts.drain());
  const rules = {
    unknownGraceMs: settings.unknownGraceMs,
    keepAliveIntervalMs: settings.keepAliveIntervalMs,
    establishingMaxMs: settings.establishingMaxMs,
    unreadLookUpMs: settings.unreadCallbackLookUpMs,
    maxUnknownAttempts: settings.redialMaxUnknownAttempts,
  };
  const isMine = (callId: string): boolean =>
    transport.assignment(TOPICS.commands.name).includes(partitionOf(callId, partitions));
  const followUps = new FollowUps({
    sender,
    topicPrefix,
    partitions,
    tokens,
    graph,
    clock,
    rules,
    maxWaitMs: settings.graphRetryAfterMaxMs,
    logger,
    metrics,
    onGone: (dispatch) => {
      quotas.update(dispatch);
      driver.advance();
    },
  });
  const driver = new Driver({
    ledger,
    histories,
    attempts,
    followUps,
    tokens,
    roles,
    clock,
    rules,
    isMine,
    logger,
    onFatal: fail,
  });
  const unsettled = new UnsettledCalls({ isMine, historyOf: (dispatch) => histories.of(dispatch) });
  for (const dispatch of ledger.all()) {
    quotas.changed(undefined, dispatch);
    unsettled.update(dispatch);
  }
  backOffs.restore(() => ledger.all());
  watchDispatcher(context.metrics, { unsettled, ledger, attempts, quotas, backOffs, breaker, tokens, clock });
  ledger.onChange((dispatch, transition, before) => {
    const { kind } = transition;
    if (isMine(dispatch.callId)) metrics.changed(before, dispatch, transition);
    unsettled.update(dispatch);
    quotas.changed(before, dispatch);
    backOffs.changed(before, dispatch);
    driver.look(dispatch.callId);
    // Whatever closes an attempt, also another process's, may make room for another call.
    if (kind !== 'accepted' && kind !== 'intended') driver.advance();
  });
  ledger.onForgotten((dispatch) => {
    unsettled.forget(dispatch);
    quotas.forget(dispatch);
  });
  snapshots.onSnapshot((callId) => {
    const dispatch = ledger.get(callId);
    if (dispatch !== undefined) quotas.update(dispatch);
    driver.look(callId);
    if (snapshots.get(callId)?.hasEnded === true) driver.advance();
  });

  const transport = new KafkaTransport({
    client,
    topicPrefix,
    partitions,
    service,
    logger,
    onFatal: fail,
    startStep,
    onAssigned: (topic) => {
      // The assignment counts as soon as this callback has returned.
      if (topic === TOPICS.commands.name)
        setImmediate(() => {
          driver.takeOver();
        });
    },
  });
  health.addReadiness('kafka consumers', () => transport.condition());
  const module = DispatcherModule.with({
    ledger,
    attempts,
    clock,
    histories: snapshots,
    tokens,
    roles,
    sender,
    logger,
    metrics,
    settings,
  });
  const app = await NestFactory.createMicroservice(module, {
    strategy: transport,
    logger: nestLogger(logger),
    abortOnError: false,
  });
  app.useGlobalFilters(new RethrowFilter());
  onShutdown('consumers', () => app.close());
  onShutdown('driver', () => {
    driver.stop();
    setTimeout(() => {
      graph.giveUp();
    }, answersMsOf(settings));
    return Promise.resolve();
  });
  await app.listen();

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

async function topicsAreThere(client: KafkaClient, prefix: string, partitions: number): Promise<void> {
  const { commands, operatorCommands, dispatchLedger, observations, snapshots, commandsDeadLetter } = TOPICS;
  await client.admin().checkPartitions(
    [commands, operatorCommands, dispatchLedger, observations, snapshots, commandsDeadLetter].map((topic) => ({
      topic: topicName(prefix, topic),
      partitions: partitionsOf(topic, partitions),
    })),
  );
}
