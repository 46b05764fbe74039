import { Module, type DynamicModule } from '@nestjs/common';
import { CallbackGate } from './gate/callback-gate.js';
import { CallbackLimits } from '../callback-limits.js';
import { CallbackStore } from './store/callback-store.js';
import { CallbacksController } from './callbacks.controller.js';
import { InFlight } from './gate/in-flight.js';
import { ReceiverMetrics } from './receiver-metrics.js';

export interface ReceiverParts {
  readonly gate: CallbackGate;
  readonly inFlight: InFlight;
  readonly store: CallbackStore;
  readonly limits: CallbackLimits;
  readonly metrics: ReceiverMetrics;
}

@Module({ controllers: [CallbacksController] })
export class ReceiverModule {
  static with({ gate, inFlight, store, limits, metrics }: ReceiverParts): DynamicModule {
    return {
      module: ReceiverModule,
      providers: [
        { provide: CallbackGate, useValue: gate },
        { provide: InFlight, useValue: inFlight },
        { provide: CallbackStore, useValue: store },
        { provide: CallbackLimits, useValue: limits },
        { provide: ReceiverMetrics, useValue: metrics },
      ],
    };
  }
}
