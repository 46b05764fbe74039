import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { KAFKA_VERSION } from '../../apps/local-stack/src/kafka/kafka-jars.js';
import { PROJECT_ROOT } from '../../apps/local-stack/src/places.js';
import { HAS_PYTHON, isThere, PythonEnvironment } from './python-environment.js';

export const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
export type Codec = (typeof CODECS)[number];

export interface ForeignRecord {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  /** One line without tabs. It is long and repetitive, because producers leave incompressible records uncompressed. */
  readonly value: string;
}

/** A producer that shares no code with ours. */
export interface ForeignProducer {
  readonly name: string;
  /** Why it cannot run here. */
  readonly lacks: string | undefined;
  readonly prepare: () => void;
  /** Resolves when the brokers have them. */
  readonly produce: (brokers: readonly string[], codec: Codec, records: readonly ForeignRecord[]) => Promise<void>;
}

const cache = process.env['CALLBUS_CACHE'] ?? join(PROJECT_ROOT, '.cache');
const jars = join(cache, `kafka-${KAFKA_VERSION}`);
const folder = join(PROJECT_ROOT, 'test', 'support', 'producers');
const python = new PythonEnvironment('python-examples', join(PROJECT_ROOT, 'examples', 'python', 'requirements.txt'));
const nothing = (): void => undefined;
const linesOf = (records: readonly ForeignRecord[]): string =>
  records.map(({ topic, partition, key, value }) => `${topic}\t${partition}\t${key}\t${value}\n`).join('');

export const FOREIGN_PRODUCERS: readonly ForeignProducer[] = [
  {
    name: 'kcat',
    lacks: isThere('kcat', '-V') ? undefined : 'kcat (apt-get install kcat)',
    prepare: nothing,
    produce: async (brokers, codec, records) => {
      const places = Object.values(Object.groupBy(records, ({ topic, partition }) => `${topic}/${partition}`));
      await Promise.all(
        places.map(async (ofOne = []) => {
          const [{ topic, partition }] = ofOne as [ForeignRecord];
          const place = ['-b', brokers.join(','), '-t', topic, '-p', String(partition)];
          await run(
            'kcat',
            ['-P', ...place, '-K', '\t', '-z', codec],
            ofOne.map(({ key, value }) => `${key}\t${value}\n`).join(''),
          );
        }),
      );
    },
  },
  {
    name: 'Java',
    lacks: !isThere('java', '-version') ? 'Java' : existsSync(jars) ? undefined : `Kafka’s jars in ${jars}`,
    prepare: nothing,
    produce: (brokers, codec, records) =>
      run('java', ['-cp', join(jars, '*'), join(folder, 'Produce.java'), brokers.join(','), codec], linesOf(records)),
  },
  {
    name: 'Python',
    lacks: HAS_PYTHON ? undefined : 'Python',
    prepare: () => {
      python.prepare();
    },
    produce: (brokers, codec, records) =>
      run(python.program('python'), [join(folder, 'produce.py'), brokers.join(','), codec], linesOf(records)),
  },
];

async function run(command: string, args: readonly string[], input: string): Promise<void> {
  const child = spawn(command, args, { stdio: ['pipe', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  child.stdin.end(input);
  await once(child, 'close');
  if (child.exitCode !== 0) throw new Error(`${command} ended with ${String(child.exitCode)}:\n${errors}`);
}
