import type { Snapshot } from '@callbus/contracts';
import type { SnapshotFollower } from '@callbus/kafka';
import { Module, type DynamicModule } from '@nestjs/common';
import { CallerRights } from './caller-rights.js';
import { Callers } from './callers.js';
import { CallsController, SNAPSHOTS } from './calls.controller.js';
import { CommandLog } from './command-log.js';
import { GatewaySettings } from './gateway-settings.js';

export interface GatewayParts {
  readonly settings: GatewaySettings;
  readonly callers: Callers;
  readonly commands: CommandLog;
  readonly snapshots: SnapshotFollower<Snapshot>;
}

@Module({ controllers: [CallsController] })
export class GatewayModule {
  static with({ settings, callers, commands, snapshots }: GatewayParts): DynamicModule {
    return {
      module: GatewayModule,
      providers: [
        { provide: GatewaySettings, useValue: settings },
        { provide: Callers, useValue: callers },
        { provide: CallerRights, useValue: new CallerRights(settings.tenantsByCaller()) },
        { provide: CommandLog, useValue: commands },
        { provide: SNAPSHOTS, useValue: snapshots },
      ],
    };
  }
}
