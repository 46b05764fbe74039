import { join } from 'node:path';
import { DockerKafka } from './docker-kafka.js';
import { StackError } from './errors.js';
import { bootBroker, formatBroker, KAFKA_PROCESS, type BrokerPlan } from './kafka-broker.js';
import { chooseKafka, findKafkaMeans } from './kafka-choice.js';
import { kafkaJars } from './kafka-jars.js';
import type { FurtherListener } from './kafka-properties.js';
import type { StackPlaces } from './places.js';
import { acceptsConnections, requireFreePorts } from './ports.js';
import type { ProcessGroup, RunningProcess } from './process-group.js';
import type { Progress } from './progress.js';

/** The Kafka that a stack uses. */
export interface Kafka {
  readonly brokers: readonly string[];
  /** For people: where it comes from. */
  readonly origin: string;
  /** The broker’s process and how to start it again on its data, when it is a process of ours. */
  readonly own?: { readonly process: RunningProcess; readonly boot: () => Promise<RunningProcess> };
  /** Call after those that use it have ended. */
  stop: () => Promise<void>;
}

export interface KafkaPorts {
  readonly broker: number;
  readonly controller: number;
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
  return { brokers, origin: 'named by KAFKA_BROKERS', stop: () => Promise.resolve() };
}

async function isReachable(broker: string): Promise<boolean> {
  const url = URL.parse(`kafka://${broker}`);
  if (url === null || url.port === '') {
    throw new StackError('ARGUMENTS', `KAFKA_BROKERS: «${broker}» must be host:port.`);
  }
  return await acceptsConnections(Number(url.port), url.hostname.replace(/^\[|\]$/g, ''), 5_000);
}

async function dockerKafka(places: StackPlaces, ports: KafkaPorts, group: ProcessGroup, progress: Progress): Promise<Kafka> {
  const kafka = new DockerKafka(places.root, places.home, ports.broker);
  await progress.step('starting Kafka in Docker (docker-compose.yml)', () => kafka.start(group));
  return { brokers: [`127.0.0.1:${ports.broker}`], origin: 'in Docker', stop: () => kafka.stop() };
}

async function javaKafka(
  java: string,
  places: StackPlaces,
  ports: KafkaPorts,
  group: ProcessGroup,
  progress: Progress,
): Promise<Kafka> {
  const jarsFolder = await kafkaJars(places.cache, group, progress);
  await requireFreePorts([
    { port: ports.broker, owner: KAFKA_PROCESS },
    { port: ports.controller, owner: `${KAFKA_PROCESS} (its controller)` },
  ]);
  const { further = [] } = ports;
  const address = { brokerPort: ports.broker, controllerPort: ports.controller, further };
  const plan: BrokerPlan = { java, jarsFolder, folder: join(places.home, 'kafka'), address };
  await progress.step('formatting Kafka’s storage', () => formatBroker(plan, group));
  const boot = (): Promise<RunningProcess> => bootBroker(plan, group);
  const process = await progress.step(`booting Kafka on port ${ports.broker}`, boot);
  return {
    brokers: [`127.0.0.1:${ports.broker}`],
    origin: 'Apache Kafka on this machine’s Java',
    own: { process, boot },
    stop: () => group.end([KAFKA_PROCESS]),
  };
}
