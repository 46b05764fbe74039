import { addCounter, addGauge } from '@callbus/chassis';
import type { CallbackTokens } from '@callbus/graph';
import { Histogram, type Registry } from 'prom-client';
import { REFUSALS, type RefusalCode } from './refusals/refusals.js';

const RESULTS: readonly CallbackResult[] = ['accepted', ...(Object.keys(REFUSALS) as RefusalCode[])];

export type CallbackResult = 'accepted' | RefusalCode;

/** What the receiver counts. */
export class ReceiverMetrics {
  readonly callback: (result: CallbackResult) => void;
  readonly verifyDuration: Histogram;

  constructor(registry: Registry) {
    this.callback = addCounter(
      registry,
      'callbus_callbacks_total',
      'Requests to the receiver: accepted, which says that the callback is on Kafka, or why not (docs/errors.md)',
      'result',
      RESULTS,
    );
    this.verifyDuration = new Histogram({
      name: 'callbus_callback_verify_duration_seconds',
      help: 'Time that the check of a callback’s token took, whatever came of it; one that was proven before takes next to none',
      buckets: [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10],
      registers: [registry],
    });
  }
}

export function watchCallbackKeys(registry: Registry, tokens: Pick<CallbackTokens, 'knownKeys'>): void {
  const age = 'Time since the keys of callback tokens were last read; NaN when they never were';
  addGauge(registry, 'callbus_jwks_age_seconds', age, () => tokens.knownKeys().ageMs / 1_000);
  addGauge(registry, 'callbus_jwks_keys', 'Keys that callback tokens are checked with', () => tokens.knownKeys().count);
}
