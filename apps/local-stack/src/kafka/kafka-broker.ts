import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, StackError } from '../errors.js';
import { jarsAdvice } from './kafka-jars.js';
import { kafkaProperties, type BrokerAddress, type BrokerProperties } from './kafka-properties.js';
import { acceptsConnections } from '../services/ports.js';
import { obituary, type ProcessGroup, type RunningProcess } from '../processes/process-group.js';

/** The first start of a cold machine reads 45 MB of jars; usually it takes three to six seconds. */
const BOOT_TIMEOUT_MS = 120_000;
const FORMAT_TIMEOUT_MS = 60_000;

export interface BrokerPlan {
  readonly java: string;
  readonly jarsFolder: string;
  /** Holds the broker's properties and its data. */
  readonly folder: string;
  readonly address: BrokerAddress;
  readonly cluster: ClusterPlan;
  /** Properties in addition, or in the place of ours. */
  readonly further?: BrokerProperties;
  /** Whom the brokers know by SCRAM-SHA-512: passwords by name. */
  readonly scramUsers?: Readonly<Record<string, string>>;
}

export interface ClusterPlan {
  readonly id: string;
  readonly controllers: readonly { readonly nodeId: number; readonly port: number; readonly directoryId: string }[];
}

/** A new cluster of these brokers, all of which are its controllers. */
export function planCluster(addresses: readonly BrokerAddress[]): ClusterPlan {
  const controllers = addresses.map(({ nodeId, controllerPort: port }) => ({ nodeId, port, directoryId: newId() }));
  return { id: newId(), controllers };
}

/** As it is named among the stack's processes. */
export function brokerName({ nodeId }: Pick<BrokerAddress, 'nodeId'>): string {
  return `kafka-${nodeId}`;
}

/** Empties the broker's folder and formats it for its cluster. */
export async function formatBroker(plan: BrokerPlan, group: ProcessGroup): Promise<void> {
  const { address, cluster } = plan;
  const controllerPorts = cluster.controllers.map(({ port }) => port);
  await rm(plan.folder, { recursive: true, force: true });
  await mkdir(plan.folder, { recursive: true });
  await writeFile(propertiesFile(plan), kafkaProperties(join(plan.folder, 'data'), address, controllerPorts, plan.further));
  const quick = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'];
  const controllers = cluster.controllers.map(({ nodeId, port, directoryId }) => `${nodeId}@127.0.0.1:${port}:${directoryId}`);
  const format = ['format', '--initial-controllers', controllers.join(','), '-t', cluster.id, '-c', propertiesFile(plan)];
  const users = Object.entries(plan.scramUsers ?? {}).flatMap(([name, password]) => [
    '--add-scram',
    `SCRAM-SHA-512=[name=${name},password=${password}]`,
  ]);
  const args = [...quick, '-cp', classPath(plan), 'kafka.tools.StorageTool', ...format, ...users];
  const name = `kafka-format-${address.nodeId}`;
  try {
    await group.run({ name, command: plan.java, args, environment: process.env }, FORMAT_TIMEOUT_MS);
  } catch (error) {
    throw new StackError(
      'KAFKA_JARS',
      `Kafka’s storage could not be formatted: ${messageOf(error)}\n${jarsAdvice(plan.jarsFolder)}`,
    );
  }
}

/** Starts the broker on the data that is there, and resolves when clients can connect: by then it has joined its quorum. */
export async function bootBroker(plan: BrokerPlan, group: ProcessGroup, timeoutMs = BOOT_TIMEOUT_MS): Promise<RunningProcess> {
  const broker = group.start({
    name: brokerName(plan.address),
    command: plan.java,
    args: [...share(plan.cluster), ...JVM_OPTIONS, '-cp', classPath(plan), 'kafka.Kafka', propertiesFile(plan)],
    environment: process.env,
    // The services still write while they stop, so Kafka must not see the Ctrl-C that ends them.
    hasOwnSession: true,
  });
  const died = broker.ended.then((end) => {
    throw new StackError('PROCESS_DIED', `Kafka did not start: ${obituary(broker, end)}\n${jarsAdvice(plan.jarsFolder)}`);
  });
  await Promise.race([died, untilItAccepts(plan.address.brokerPort, timeoutMs, broker.logFile)]);
  return broker;
}

/** Several brokers share one machine: little memory for each, and no time for compiling what soon ends. */
function share({ controllers }: ClusterPlan): readonly string[] {
  return controllers.length === 1 ? ['-Xms256m', '-Xmx512m'] : ['-Xms128m', '-Xmx320m', '-XX:TieredStopAtLevel=1'];
}

const JVM_OPTIONS = [
  '-XX:+UseSerialGC',
  '-Djava.awt.headless=true',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  '-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS',
];

async function untilItAccepts(port: number, timeoutMs: number, logFile: string): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await acceptsConnections(port))) {
    if (performance.now() > deadline) {
      throw new StackError('NOT_READY', `Kafka does not accept connections after ${timeoutMs / 1000} s. See ${logFile}.`);
    }
    await sleep(50);
  }
}

function propertiesFile(plan: BrokerPlan): string {
  return join(plan.folder, 'server.properties');
}

function classPath(plan: BrokerPlan): string {
  return join(plan.jarsFolder, '*');
}

/** 16 random bytes in base64url, as Kafka writes ids; a leading dash would look like an option. */
function newId(): string {
  const id = randomBytes(16).toString('base64url');
  return id.startsWith('-') ? newId() : id;
}
