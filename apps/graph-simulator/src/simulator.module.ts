import { Module, type DynamicModule } from '@nestjs/common';
import { CallLives } from './call-lives.js';
import { CallbackKeysController } from './callback-keys.controller.js';
import { CallbackSender } from './callback-sender.js';
import { CallsController } from './calls.controller.js';
import { ControlController } from './control.controller.js';
import { Faults } from './faults.js';
import { Deliveries, Posts } from './records.js';
import { RegisteredApps } from './registered-apps.js';
import { scriptOf, Scripts } from './scripts.js';
import { SigningKeys } from './signing-key.js';
import { SimulatorSettings } from './simulator-settings.js';
import { Tenants } from './tenants.js';
import { TokenController } from './token.controller.js';
import { Wire } from './wire.js';

@Module({})
export class SimulatorModule {
  static with(settings: SimulatorSettings, keys: SigningKeys): DynamicModule {
    return {
      module: SimulatorModule,
      // The tenant is the first part of a token's path, so what has a path of its own comes before.
      controllers: [ControlController, CallbackKeysController, CallsController, TokenController],
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
