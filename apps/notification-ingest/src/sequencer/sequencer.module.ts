import { Module, type DynamicModule } from '@nestjs/common';
import { NewestSnapshots } from './snapshots/newest-snapshots.js';
import { SequencerController } from './sequencer.controller.js';
import { SequencerMetrics } from './sequencer-metrics.js';
import { SequencerOutput } from './sequencer-output.js';

@Module({ controllers: [SequencerController] })
export class SequencerModule {
  static with(newest: NewestSnapshots, output: SequencerOutput, metrics: SequencerMetrics): DynamicModule {
    return {
      module: SequencerModule,
      providers: [
        { provide: NewestSnapshots, useValue: newest },
        { provide: SequencerOutput, useValue: output },
        { provide: SequencerMetrics, useValue: metrics },
      ],
    };
  }
}
