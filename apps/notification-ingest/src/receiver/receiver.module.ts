import { Module, type DynamicModule } from '@nestjs/common';
import { AuthenticCallbacks } from './authentic-callbacks.js';
import { CallbackStore } from './callback-store.js';
import { CallbacksController } from './callbacks.controller.js';

@Module({ controllers: [CallbacksController] })
export class ReceiverModule {
  static with(store: CallbackStore, authentic: AuthenticCallbacks): DynamicModule {
    return {
      module: ReceiverModule,
      providers: [
        { provide: CallbackStore, useValue: store },
        { provide: AuthenticCallbacks, useValue: authentic },
      ],
    };
  }
}
