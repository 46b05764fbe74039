import { KafkaError, type KafkaErrorCode } from './errors.js';
import type { ReadProgress } from './kafka-client.js';

/** A step of a service's start; the chassis runs it, and tries it again while `waitsFor` says for what. */
export interface KafkaStep<T> {
  readonly name: string;
  readonly run: () => Promise<T>;
  readonly waitsFor: (error: unknown) => string | null;
  readonly progress?: () => string | undefined;
}

export type RunKafkaStep = <T>(step: KafkaStep<T>) => Promise<T>;

/** What may come to be there: Kafka itself, a topic, a user and its rights are often made after the services are deployed. */
const MAY_COME: ReadonlySet<KafkaErrorCode> = new Set([
  'UNREACHABLE',
  'UNAUTHENTICATED',
  'UNAUTHORIZED',
  'TOPIC_MISSING',
  'FOLLOWER_LATE',
]);

/** @returns what the start has to wait for, and what to do about it; null for all that no waiting mends */
export function missingOnKafka(error: unknown): string | null {
  return error instanceof KafkaError && MAY_COME.has(error.code) ? error.message : null;
}

/** Something that reads a topic whole. */
export interface Restorable {
  caughtUp(): Promise<void>;
  progress(): ReadProgress;
  stop(): Promise<void>;
}

export interface RestoreOptions<T extends Restorable> {
  /** Full name of the topic. */
  readonly topic: string;
  /** Begins to read. */
  readonly open: (onFatal: (error: unknown) => void) => Promise<T>;
  /** Told of what ends the reading for good once the restore is over. */
  readonly onFatal: (error: unknown) => void;
}

/**
 * Reads a topic to its present end before a service begins its work, however long that takes. A reader that stands still reads
 * on where it is; one that has ended, since a right is missing, is opened anew.
 */
export async function restored<T extends Restorable>(
  runStep: RunKafkaStep,
  { topic, open, onFatal }: RestoreOptions<T>,
): Promise<T> {
  let reader: { readonly one: T; readonly ended: Promise<never> } | undefined;
  let isOver = false;
  const begin = async (): Promise<NonNullable<typeof reader>> => {
    const { promise: ended, reject } = Promise.withResolvers<never>();
    // Heard of where the restore is waited for.
    ended.catch(() => undefined);
    const one = await open((error) => {
      if (isOver) onFatal(error);
      else reject(error instanceof Error ? error : new Error(String(error)));
    });
    return { one, ended };
  };
  const run = async (): Promise<T> => {
    reader ??= await begin();
    const { one, ended } = reader;
    try {
      await Promise.race([one.caughtUp(), ended]);
      return one;
    } catch (error) {
      if (!(error instanceof KafkaError && error.code === 'FOLLOWER_LATE')) {
        reader = undefined;
        await one.stop();
      }
      throw error;
    }
  };
  const progress = (): string | undefined => {
    const { read, of } = reader?.one.progress() ?? { read: 0, of: 0 };
    return of === 0 ? undefined : `read ${String(read)} of ${String(of)} records`;
  };
  const one = await runStep({ name: `reading ${topic}`, run, waitsFor: missingOnKafka, progress });
  isOver = true;
  return one;
}
