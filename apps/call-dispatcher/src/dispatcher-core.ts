import type { Logger } from '@callbus/chassis';
import type { DispatcherMetrics } from './dispatcher-metrics.js';
import type { BrokerClock } from './ledger/broker-clock.js';
import type { Ledger } from './ledger/ledger.js';

/** What every part of a dispatcher works with. A class, not an interface, because Nest injects it. */
export abstract class DispatcherCore {
  abstract readonly ledger: Ledger;
  abstract readonly clock: BrokerClock;
  abstract readonly logger: Logger;
  abstract readonly metrics: DispatcherMetrics;
}
