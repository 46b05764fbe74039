import { Module, type DynamicModule } from '@nestjs/common';
import { Histories } from './snapshots/histories.js';
import { SequencerController } from './sequencer.controller.js';
import { SequencerMetrics } from './sequencer-metrics.js';
import { SequencerOutput } from './sequencer-output.js';

@Module({ controllers: [SequencerController] })
export class SequencerModule {
  static with(histories: Histories, output: SequencerOutput, metrics: SequencerMetrics): DynamicModule {
    return {
      module: SequencerModule,
      providers: [
        { provide: Histories, useValue: histories },
        { provide: SequencerOutput, useValue: output },
        { provide: SequencerMetrics, useValue: metrics },
      ],
    };
  }
}
