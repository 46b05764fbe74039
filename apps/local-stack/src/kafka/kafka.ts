import { join } from 'node:path';
import { DockerKafka } from './docker-kafka.js';
import { StackError } from '../errors.js';
import { bootBroker, brokerName, formatBroker, planCluster, type BrokerPlan } from './kafka-broker.js';
import { chooseKafka, findKafkaMeans } from './kafka-choice.js';
import { kafkaJars } from './kafka-jars.js';
import type { FurtherListener } from './kafka-properties.js';
import type { StackPlaces } from '../places.js';
import { acceptsConnections, requireFreePorts } from '../services/ports.js';
import type { ProcessGroup, RunningProcess } from '../processes/process-group.js';
import type { Progress } from '../progress.js';

/** The Kafka that a stack uses. */
export interface Kafka {
  readonly brokers: readonly string[];
  /** For people: where it comes from. */
  readonly origin: string;
  /** Each broker that is a process of ours, and how to start it again on its data. */
  readonly own: readonly OwnBroker[];
  /** Call after those that use it have ended. */
  stop: () => Promise<void>;
}

export interface OwnBroker {
  readonly process: RunningProcess;
  readonly boot: () => Promise<RunningProcess>;
}

export interface BrokerPorts {
  readonly broker: number;
  readonly controller: number;
}

export interface KafkaPorts {
  /** At least one. */
  readonly nodes: readonly BrokerPorts[];
  /** Of the first one. */
  readonly further?: readonly FurtherListener[];
}

/** Starts a fresh Kafka, or finds the one that KAFKA_BROKERS names, and resolves when it accepts connections. */
export async function startKafka(
  places: StackPlaces,
  ports: KafkaPorts,
  group: ProcessGroup,
  progress: Progress,
): Promise<Kafka> {
  const choice = chooseKafka(await findKafkaMeans(places.cache, group));
  switch (choice.kind) {
    case 'external':
      return await externalKafka(choice.brokers);
    case 'docker':
      return await dockerKafka(places, ports, group, progress);
    case 'java':
      return await javaKafka(choice.java, places, ports, group, progress);
  }
}

async function externalKafka(brokers: readonly string[]): Promise<Kafka> {
  const answers = await Promise.all(brokers.map(isReachable));
  if (!answers.includes(true)) {
    throw new StackError(
      'KAFKA_UNREACHABLE',
      `None of KAFKA_BROKERS (${brokers.join(', ')}) accepts connections. Start that Kafka, or unset KAFKA_BROKERS to have one started here.`,
    );
  }
  return { brokers, origin: 'named by KAFKA_BROKERS', own: [], stop: () => Promise.resolve() };
}

async function isReachable(broker: string): Promise<boolean> {
  const url = URL.parse(`kafka://${broker}`);
  if (url === null || url.port === '') {
    throw new StackError('ARGUMENTS', `KAFKA_BROKERS: «${broker}» must be host:port.`);
  }
  return await acceptsConnections(Number(url.port), url.hostname.replace(/^\[|\]$/g, ''), 5_000);
}

async function dockerKafka(places: StackPlaces, ports: KafkaPorts, group: ProcessGroup, progress: Progress): Promise<Kafka> {
  const port = ports.nodes[0]?.broker ?? 0;
  const kafka = new DockerKafka(places.root, places.home, port);
  await progress.step('starting Kafka in Docker (docker-compose.yml)', () => kafka.start(group));
  return { brokers: [`127.0.0.1:${port}`], origin: 'in Docker', own: [], stop: () => kafka.stop() };
}

async function javaKafka(
  java: string,
  places: StackPlaces,
  ports: KafkaPorts,
  group: ProcessGroup,
  progress: Progress,
): Promise<Kafka> {
  const jarsFolder = await kafkaJars(places.cache, group, progress);
  const { nodes, further = [] } = ports;
  const addresses = nodes.map(({ broker: brokerPort, controller: controllerPort }, index) => ({
    ...{ nodeId: index + 1, brokerPort, controllerPort },
    ...(index === 0 && { further }),
  }));
  await requireFreePorts(
    addresses.flatMap((address) => [
      { port: address.brokerPort, owner: brokerName(address) },
      { port: address.controllerPort, owner: `${brokerName(address)} (its controller)` },
    ]),
  );
  const cluster = planCluster(addresses);
  const plans: readonly BrokerPlan[] = addresses.map((address) => {
    const folder = join(places.home, 'kafka', brokerName(address));
    return { java, jarsFolder, folder, address, cluster };
  });
  await progress.step('formatting Kafka’s storage', () => Promise.all(plans.map((plan) => formatBroker(plan, group))));
  const own = await progress.step(`booting Kafka on port ${nodes.map(({ broker }) => broker).join(', ')}`, () =>
    Promise.all(
      plans.map(async (plan) => {
        const boot = (): Promise<RunningProcess> => bootBroker(plan, group);
        return { process: await boot(), boot };
      }),
    ),
  );
  return {
    brokers: addresses.map(({ brokerPort }) => `127.0.0.1:${brokerPort}`),
    origin: 'Apache Kafka on this machine’s Java',
    own,
    stop: () => endBrokers(own, group),
  };
}

/** Of several, the last ones wait in vain for a quorum that takes their leave, and there is nothing to be kept. */
async function endBrokers(own: readonly OwnBroker[], group: ProcessGroup): Promise<void> {
  const names = own.map(({ process }) => process.name);
  await (own.length === 1 ? group.end(names) : group.end(names, CLUSTER_STOP_TIMEOUT_MS));
}

const CLUSTER_STOP_TIMEOUT_MS = 2_000;
