import { SnapshotFollower } from '@callbus/kafka';
import { Module, type DynamicModule } from '@nestjs/common';
import { Dialling } from './dialling/dialling.js';
import { DispatcherCore } from './dispatcher-core.js';
import type { CallHistory } from './driver/next-step.js';
import { InboxController, InboxRules } from './inbox/inbox.controller.js';
import { OperatorInboxController } from './inbox/operator-inbox.controller.js';
import { ObservationSender } from './relay/observation-sender.js';
import { RelayController, RelayOptions } from './relay/relay.controller.js';
import type { DispatcherSettings } from './settings/dispatcher-settings.js';

export interface DispatcherParts {
  readonly core: DispatcherCore;
  readonly dialling: Dialling;
  readonly snapshots: SnapshotFollower<CallHistory>;
  readonly observations: ObservationSender;
}

@Module({ controllers: [InboxController, OperatorInboxController, RelayController] })
export class DispatcherModule {
  static with({ core, dialling, snapshots, observations }: DispatcherParts, settings: DispatcherSettings): DynamicModule {
    const relay: RelayOptions = { lingerMs: settings.relayLingerMs };
    return {
      module: DispatcherModule,
      providers: [
        { provide: DispatcherCore, useValue: core },
        { provide: Dialling, useValue: dialling },
        { provide: SnapshotFollower, useValue: snapshots },
        { provide: ObservationSender, useValue: observations },
        { provide: InboxRules, useValue: inboxRulesOf(settings) },
        { provide: RelayOptions, useValue: relay },
      ],
    };
  }
}

function inboxRulesOf(settings: DispatcherSettings): InboxRules {
  return {
    create: {
      appId: settings.app.graphAppId,
      apps: new Map(settings.app.apps().map(({ appId, tenants }) => [appId, tenants])),
      tenants: settings.app.graphTenants,
      mediaHosts: settings.allowedMediaHosts(),
      notAfterDefaultMs: settings.notAfterDefaultMs,
      notAfterRedialExtraMs: settings.notAfterRedialExtraMs,
      maxCallBytes: settings.callMaxBytes,
    },
    waitingBytes: { perTenant: settings.waitingMaxBytesPerTenant, inAll: settings.waitingMaxBytes },
    unknownEnds: {
      perCall: settings.unknownEndsMaxPerCall,
      perTenant: settings.unknownEndsMaxPerTenant,
      inAll: settings.unknownEndsMax,
    },
  };
}
