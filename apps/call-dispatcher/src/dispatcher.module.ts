import type { Logger } from '@callbus/chassis';
import type { AppTokens } from '@callbus/graph';
import type { RecordSender, SnapshotFollower } from '@callbus/kafka';
import { Module, type DynamicModule } from '@nestjs/common';
import { Attempts } from './dialling/attempts.js';
import { BrokerClock } from './ledger/broker-clock.js';
import { DispatcherMetrics } from './dispatcher-metrics.js';
import type { DispatcherSettings } from './settings/dispatcher-settings.js';
import { InboxController, type InboxRules } from './inbox/inbox.controller.js';
import { APP_TOKENS, HISTORIES, INBOX_RULES, LOGGER, RECORD_SENDER, RELAY_OPTIONS } from './injected.js';
import { Ledger } from './ledger/ledger.js';
import type { CallHistory } from './driver/next-step.js';
import { OperatorInboxController } from './inbox/operator-inbox.controller.js';
import { RelayController, type RelayOptions } from './relay/relay.controller.js';
import { RoleCheck } from './dialling/role-check.js';

export interface DispatcherParts {
  readonly ledger: Ledger;
  readonly attempts: Attempts;
  readonly clock: BrokerClock;
  readonly histories: SnapshotFollower<CallHistory>;
  readonly tokens: AppTokens;
  readonly roles: RoleCheck;
  readonly sender: RecordSender;
  readonly logger: Logger;
  readonly metrics: DispatcherMetrics;
  readonly settings: DispatcherSettings;
}

@Module({ controllers: [InboxController, OperatorInboxController, RelayController] })
export class DispatcherModule {
  static with(parts: DispatcherParts): DynamicModule {
    const { ledger, attempts, clock, histories, tokens, roles, sender, logger, metrics, settings } = parts;
    const rules: InboxRules = {
      appId: settings.app.graphAppId,
      apps: new Map(settings.app.apps().map(({ appId, tenants }) => [appId, tenants])),
      tenants: settings.app.graphTenants,
      mediaHosts: settings.allowedMediaHosts(),
      notAfterDefaultMs: settings.notAfterDefaultMs,
      notAfterRedialExtraMs: settings.notAfterRedialExtraMs,
      maxCallBytes: settings.callMaxBytes,
      waitingBytes: { perTenant: settings.waitingMaxBytesPerTenant, inAll: settings.waitingMaxBytes },
      unknownEnds: {
        perCall: settings.unknownEndsMaxPerCall,
        perTenant: settings.unknownEndsMaxPerTenant,
        inAll: settings.unknownEndsMax,
      },
    };
    const { topicPrefix, partitions } = settings.kafka;
    const relay: RelayOptions = { topicPrefix, partitions, lingerMs: settings.relayLingerMs };
    return {
      module: DispatcherModule,
      providers: [
        { provide: Ledger, useValue: ledger },
        { provide: Attempts, useValue: attempts },
        { provide: BrokerClock, useValue: clock },
        { provide: RoleCheck, useValue: roles },
        { provide: DispatcherMetrics, useValue: metrics },
        { provide: APP_TOKENS, useValue: tokens },
        { provide: RECORD_SENDER, useValue: sender },
        { provide: HISTORIES, useValue: histories },
        { provide: LOGGER, useValue: logger },
        { provide: INBOX_RULES, useValue: rules },
        { provide: RELAY_OPTIONS, useValue: relay },
      ],
    };
  }
}
