import { addCounter } from '@callbus/chassis';
import type { Registry } from 'prom-client';

/** What the gateway counts. */
export class GatewayMetrics {
  readonly command: (type: string) => void;

  constructor(registry: Registry) {
    const help = 'Commands that were written to Kafka';
    this.command = addCounter(registry, 'callbus_gateway_commands_total', help, 'type', ['CreateCall', 'EndCall']);
  }
}
