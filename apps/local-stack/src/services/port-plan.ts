import { brokerName } from '../kafka/kafka-broker.js';
import type { BrokerPorts, KafkaPorts } from '../kafka/kafka.js';
import type { ServiceName } from './service-names.js';

export interface PortPlan {
  readonly kafka: KafkaPorts;
  readonly services: ReadonlyMap<string, ServicePorts>;
}

export interface ServicePorts {
  readonly management: number;
  /** Of those that listen to others. */
  readonly http?: number;
}

/** The documented ports; further receivers count on from the first, further brokers by two. */
const FIXED = { kafka: 19092, kafkaController: 19093, management: 9101 } as const;
const FIXED_HTTP: Partial<Record<ServiceName['kind'], number>> = {
  gateway: 3000,
  'notification-receiver': 3443,
  'graph-simulator': 4443,
};

/**
 * Which process listens where.
 * @param take decides on a port, given the documented one
 * @param kafkaNodes brokers of the stack's own Kafka
 */
export async function planPorts(
  services: readonly ServiceName[],
  take: (documented: number) => Promise<number>,
  kafkaNodes = 1,
): Promise<PortPlan> {
  const nodes: BrokerPorts[] = [];
  for (let index = 0; index < kafkaNodes; index += 1) {
    const broker = await take(FIXED.kafka + 2 * index);
    nodes.push({ broker, controller: await take(FIXED.kafkaController + 2 * index) });
  }
  const ports = new Map<string, ServicePorts>();
  for (const [index, service] of services.entries()) {
    const management = await take(FIXED.management + index);
    const http = FIXED_HTTP[service.kind];
    ports.set(service.name, http === undefined ? { management } : { management, http: await take(http + service.number - 1) });
  }
  return { kafka: { nodes }, services: ports };
}

/** Every port of the plan with whom it is for. */
export function portOwners(plan: PortPlan): readonly { readonly port: number; readonly owner: string }[] {
  return [
    ...plan.kafka.nodes.flatMap(({ broker, controller }, index) => {
      const name = brokerName({ nodeId: index + 1 });
      return [
        { port: broker, owner: name },
        { port: controller, owner: `${name} (its controller)` },
      ];
    }),
    ...serviceOwners(plan),
  ];
}

export function serviceOwners(plan: PortPlan): readonly { readonly port: number; readonly owner: string }[] {
  return [...plan.services].flatMap(([name, ports]) => [
    ...(ports.http === undefined ? [] : [{ port: ports.http, owner: name }]),
    { port: ports.management, owner: `${name} (management)` },
  ]);
}
