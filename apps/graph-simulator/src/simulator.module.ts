import { Module, type DynamicModule } from '@nestjs/common';
import { CallLives } from './calls/call-lives.js';
import { CallbackKeysController } from './callbacks/callback-keys.controller.js';
import { CallbackSender } from './callbacks/callback-sender.js';
import { CallsController } from './calls/calls.controller.js';
import { BehaviourController } from './control/behaviour.controller.js';
import { DirectoryController } from './control/directory.controller.js';
import { NotificationsController } from './control/notifications.controller.js';
import { RecordsController } from './control/records.controller.js';
import { Faults } from './faults/faults.js';
import { Deliveries, Posts } from './control/records.js';
import { RegisteredApps } from './tokens/registered-apps.js';
import { scriptOf, Scripts } from './control/scripts.js';
import { SigningKeys } from './callbacks/signing-key.js';
import { SimulatorSettings } from './simulator-settings.js';
import { Tenants } from './tokens/tenants.js';
import { TokenController } from './tokens/token.controller.js';
import { Wire } from './faults/wire.js';

/** The controls of the simulator, which Graph does not have. */
const CONTROLS = [RecordsController, BehaviourController, DirectoryController, NotificationsController];

@Module({})
export class SimulatorModule {
  static with(settings: SimulatorSettings, keys: SigningKeys): DynamicModule {
    return {
      module: SimulatorModule,
      // The tenant is the first part of a token's path, so what has a path of its own comes before.
      controllers: [...CONTROLS, CallbackKeysController, CallsController, TokenController],
      providers: [
        { provide: SimulatorSettings, useValue: settings },
        { provide: SigningKeys, useValue: keys },
        { provide: RegisteredApps, useValue: new RegisteredApps(settings.registeredApps()) },
        { provide: Posts, useValue: new Posts(settings.records) },
        { provide: Deliveries, useValue: new Deliveries(settings.records) },
        { provide: Scripts, useValue: new Scripts(scriptOf(settings)) },
        ...[Faults, Tenants, CallbackSender, CallLives, Wire],
      ],
    };
  }
}
