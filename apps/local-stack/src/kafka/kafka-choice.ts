import { basename, join } from 'node:path';
import { StackError } from '../errors.js';
import { hasKafkaJars } from './kafka-jars.js';
import type { ProcessGroup } from '../processes/process-group.js';

/** What this machine offers to run a Kafka with. */
export interface KafkaMeans {
  /** KAFKA_BROKERS: a cluster that already runs. */
  readonly brokers?: string | undefined;
  readonly java?: { readonly command: string; readonly major: number } | undefined;
  readonly hasMaven: boolean;
  /** The jars were fetched before, so Maven is not needed any more. */
  readonly hasJars: boolean;
  readonly hasDocker: boolean;
}

export type KafkaChoice =
  | { readonly kind: 'external'; readonly brokers: readonly string[] }
  | { readonly kind: 'java'; readonly java: string }
  | { readonly kind: 'docker' };

/** The oldest Java that Kafka 4 runs on. */
export const OLDEST_JAVA = 17;
const PROBE_TIMEOUT_MS = 10_000;

/**
 * Which Kafka the stack uses: the one that KAFKA_BROKERS names, else one on this machine's Java, else one in Docker.
 * @throws StackError NO_KAFKA that names what is missing for each
 */
export function chooseKafka(means: KafkaMeans): KafkaChoice {
  const brokers = brokerList(means.brokers);
  if (brokers.length > 0) return { kind: 'external', brokers };
  const { java } = means;
  if (java !== undefined && java.major >= OLDEST_JAVA && (means.hasMaven || means.hasJars))
    return { kind: 'java', java: java.command };
  if (means.hasDocker) return { kind: 'docker' };
  throw new StackError(
    'NO_KAFKA',
    'The stack needs a Kafka and finds no way to run one:\n' +
      `  Java: ${javaFinding(means)}\n` +
      '  Docker: no engine answers («docker info»)\n' +
      `Do one of these: install Java ${OLDEST_JAVA} or newer and Maven (Debian, Ubuntu: «apt install openjdk-17-jre-headless maven»), start Docker, ` +
      'or set KAFKA_BROKERS=host:port to a Kafka that already runs.',
  );
}

function javaFinding({ java, hasMaven }: KafkaMeans): string {
  const maven = hasMaven ? '' : ', and «mvn» is not found';
  if (java === undefined) return `«java» is not found${maven}`;
  return java.major < OLDEST_JAVA
    ? `${java.command} is version ${java.major}, too old${maven}`
    : `there is version ${java.major}${maven}`;
}

/** Looks at the environment and asks only as far as the choice needs. */
export async function findKafkaMeans(
  cacheFolder: string,
  group: ProcessGroup,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<KafkaMeans> {
  const none = { hasMaven: false, hasJars: false, hasDocker: false };
  const brokers = environment['KAFKA_BROKERS'];
  if (brokerList(brokers).length > 0) return { ...none, brokers };
  const answers = async (command: string, ...args: string[]): Promise<string | undefined> => {
    const name = `probe-${basename(command)}-${args[0] ?? ''}`;
    return await group.run({ name, command, args, environment }, PROBE_TIMEOUT_MS).catch(() => undefined);
  };
  const command = environment['JAVA_HOME'] ? join(environment['JAVA_HOME'], 'bin', 'java') : 'java';
  const major = javaMajor((await answers(command, '-version')) ?? '');
  const java = major === undefined ? undefined : { command, major };
  const isJavaNew = major !== undefined && major >= OLDEST_JAVA;
  const hasJars = isJavaNew && (await hasKafkaJars(cacheFolder));
  const hasMaven = !hasJars && (await answers('mvn', '-version')) !== undefined;
  if (isJavaNew && (hasJars || hasMaven)) return { ...none, java, hasJars, hasMaven };
  const hasDocker =
    (await answers('docker', 'info')) !== undefined && (await answers('docker', 'compose', 'version')) !== undefined;
  return { java, hasMaven, hasJars, hasDocker };
}

/** The major version in what `java -version` prints: 17 of `"17.0.15"`, 8 of `"1.8.0_402"`. */
export function javaMajor(printed: string): number | undefined {
  const version = /version "(?:1\.)?(\d+)/.exec(printed)?.[1];
  return version === undefined ? undefined : Number(version);
}

function brokerList(brokers: string | undefined): string[] {
  return (brokers ?? '')
    .split(',')
    .map((broker) => broker.trim())
    .filter((broker) => broker !== '');
}
