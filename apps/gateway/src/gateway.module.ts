import { Module, type DynamicModule } from '@nestjs/common';
import { CallEvents } from './events/call-events.js';
import { CallEventsController } from './events/call-events.controller.js';
import { CallUrls } from './calls/call-urls.js';
import { CallerRights } from './callers/caller-rights.js';
import { Callers } from './callers/callers.js';
import { CommandLog } from './calls/command-log.js';
import { CreateCallsController } from './calls/create-calls.controller.js';
import { CreateCommands } from './calls/create-commands.js';
import { EndCallsController } from './calls/end-calls.controller.js';
import { GatewaySettings } from './gateway-settings.js';
import type { KnownCalls } from './calls/known-calls.js';
import { ReadCallsController } from './calls/read-calls.controller.js';
import { ReadBudgets } from './callers/read-budgets.js';
import { UnknownEnds } from './callers/unknown-ends.js';
import { VisibleCalls } from './calls/visible-calls.js';
import { WaitingCommands } from './calls/waiting-commands.js';

export interface GatewayParts {
  readonly settings: GatewaySettings;
  readonly callers: Callers;
  readonly commands: CommandLog;
  readonly calls: KnownCalls;
  readonly events: CallEvents;
}

/** The controllers are in the order of the routes in docs/openapi.yaml. */
@Module({ controllers: [CreateCallsController, ReadCallsController, EndCallsController, CallEventsController] })
export class GatewayModule {
  static with({ settings, callers, commands, calls, events }: GatewayParts): DynamicModule {
    const rights = new CallerRights(settings.tenantsByCaller(), settings.roleNames());
    const waiting = new WaitingCommands(calls, settings.waitingMaxBytes);
    const { waitForAnswerMs } = settings;
    const creates = new CreateCommands({ log: commands, known: calls, waiting, waitForAnswerMs });
    return {
      module: GatewayModule,
      providers: [
        { provide: GatewaySettings, useValue: settings },
        { provide: Callers, useValue: callers },
        { provide: CallerRights, useValue: rights },
        { provide: CommandLog, useValue: commands },
        { provide: CreateCommands, useValue: creates },
        { provide: VisibleCalls, useValue: new VisibleCalls(calls, rights, settings.waitForCallMs) },
        { provide: UnknownEnds, useValue: new UnknownEnds(settings.unknownEndsPerMinute) },
        { provide: CallEvents, useValue: events },
        { provide: ReadBudgets, useValue: new ReadBudgets(settings.readMsPerSecond) },
        { provide: CallUrls, useValue: new CallUrls(settings.publicUrl) },
      ],
    };
  }
}
