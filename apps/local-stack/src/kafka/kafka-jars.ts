import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { messageOf, StackError } from '../errors.js';
import type { ProcessGroup } from '../processes/process-group.js';
import type { Progress } from '../progress.js';

export const KAFKA_VERSION = '4.3.1';
const SCALA_VERSION = '2.13';
/** The version that Kafka's own dependencies ask for; it writes the broker's log lines to standard error. */
const SLF4J_VERSION = '1.7.36';
const PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1';
const MAVEN_TIMEOUT_MS = 10 * 60_000;
/** Written last, so a folder without it is not whole: the SHA-256 of every jar by its name. */
const STAMP = 'jars.json';

/**
 * The folder with Kafka's jars. The first time Maven fetches them (about 45 MB) into a folder beside it, which takes its place
 * only when it is whole. Jars that were changed since are fetched again.
 * @param cacheFolder shared by all stacks of a machine that like to
 * @throws StackError KAFKA_JARS
 */
export async function kafkaJars(cacheFolder: string, group: ProcessGroup, progress: Progress): Promise<string> {
  const folder = jarsFolder(cacheFolder);
  const state = await stateOf(folder);
  if (state === 'whole') return folder;
  if (state === 'damaged') progress.say(`Kafka’s jars in ${folder} are not as they were fetched; fetching them again.`);
  const title = `fetching Apache Kafka ${KAFKA_VERSION} through Maven, about 45 MB, only the first time`;
  await progress.step(title, () => fetchInto(folder, group));
  return folder;
}

/** Whether the jars are there already, so that Maven is not needed. */
export async function hasKafkaJars(cacheFolder: string): Promise<boolean> {
  return (await stateOf(jarsFolder(cacheFolder))) === 'whole';
}

/** What to do when the jars are there but Java cannot load them. */
export function jarsAdvice(folder: string): string {
  const repository = join(homedir(), '.m2', 'repository', 'org', 'apache', 'kafka');
  return `If a jar is damaged, delete ${folder} and ${repository}, then start again.`;
}

function jarsFolder(cacheFolder: string): string {
  return join(cacheFolder, `kafka-${KAFKA_VERSION}`);
}

async function stateOf(folder: string): Promise<'absent' | 'damaged' | 'whole'> {
  let stamp: string;
  try {
    stamp = await readFile(join(folder, STAMP), 'utf8');
  } catch {
    return 'absent';
  }
  try {
    return stamp === (await stampOf(folder)) ? 'whole' : 'damaged';
  } catch {
    return 'damaged';
  }
}

async function stampOf(folder: string): Promise<string> {
  const jars = (await readdir(folder)).filter((name) => name.endsWith('.jar')).sort();
  const digests = await Promise.all(
    jars.map(
      async (name) =>
        [
          name,
          createHash('sha256')
            .update(await readFile(join(folder, name)))
            .digest('hex'),
        ] as const,
    ),
  );
  return JSON.stringify(Object.fromEntries(digests), null, 1);
}

async function fetchInto(folder: string, group: ProcessGroup): Promise<void> {
  const temporary = `${folder}.${randomUUID()}`;
  try {
    await mkdir(temporary, { recursive: true });
    await writeFile(join(temporary, 'pom.xml'), POM);
    await runMaven(temporary, group);
    await writeFile(join(temporary, STAMP), await stampOf(temporary));
    await takePlace(temporary, folder);
  } catch (error) {
    throw error instanceof StackError ? error : new StackError('KAFKA_JARS', `${folder} cannot be filled: ${messageOf(error)}`);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** A rename never replaces a folder that holds something, so of several that fetch at the same time the first one wins. */
async function takePlace(temporary: string, folder: string): Promise<void> {
  try {
    await rename(temporary, folder);
  } catch (error) {
    const state = await stateOf(folder);
    if (state === 'whole') return;
    const discarded = `${temporary}.discarded`;
    await rename(folder, discarded).catch(() => Promise.reject(error as Error));
    await rm(discarded, { recursive: true, force: true });
    await takePlace(temporary, folder);
  }
}

async function runMaven(folder: string, group: ProcessGroup): Promise<void> {
  const args = ['-B', '-q', '-f', join(folder, 'pom.xml'), `${PLUGIN}:copy-dependencies`];
  const options = ['-DincludeScope=runtime', `-DoutputDirectory=${folder}`];
  try {
    await group.run({ name: 'maven', command: 'mvn', args: [...args, ...options], environment: process.env }, MAVEN_TIMEOUT_MS);
  } catch (error) {
    throw new StackError(
      'KAFKA_JARS',
      `Maven could not fetch org.apache.kafka:kafka_${SCALA_VERSION}:${KAFKA_VERSION}: ${messageOf(error)}\n` +
        'Check the connection to the Maven repository (settings in ~/.m2/settings.xml), or set KAFKA_BROKERS to a Kafka that already runs.',
    );
  }
}

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>callbus</groupId>
  <artifactId>kafka-jars</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_${SCALA_VERSION}</artifactId>
      <version>${KAFKA_VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-simple</artifactId>
      <version>${SLF4J_VERSION}</version>
    </dependency>
  </dependencies>
</project>
`;
