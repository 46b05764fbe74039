import type { Logger } from '@callbus/chassis';
import type { DispatcherMetrics } from './dispatcher-metrics.js';
import type { BrokerClock } from './ledger/broker-clock.js';
import type { Ledger } from './ledger/ledger.js';

/** The ledger, clock, logger and metrics that all parts of a dispatcher share. Nest injects it, so it is a class and no interface. */
export abstract class DispatcherCore {
  abstract readonly ledger: Ledger;
  abstract readonly clock: BrokerClock;
  abstract readonly logger: Logger;
  abstract readonly metrics: DispatcherMetrics;
}
