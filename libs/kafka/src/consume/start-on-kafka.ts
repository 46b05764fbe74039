import { KafkaError, type KafkaErrorCode } from '../port/errors.js';
import type { ReadProgress } from '../port/kafka-client.js';

/** A step of a service's start. The chassis runs it, and retries it while `waitsFor` names something missing. */
export interface KafkaStep<T> {
  readonly name: string;
  readonly run: () => Promise<T>;
  readonly waitsFor: (error: unknown) => string | null;
  readonly progress?: () => string | undefined;
}

export type RunKafkaStep = <T>(step: KafkaStep<T>) => Promise<T>;

/** Errors that may pass: Kafka, topics, users and rights are often created after the services are deployed. */
const MAY_COME: ReadonlySet<KafkaErrorCode> = new Set([
  'UNREACHABLE',
  'UNAUTHENTICATED',
  'UNAUTHORIZED',
  'TOPIC_MISSING',
  'FOLLOWER_LATE',
]);

/** @returns what is missing, and the fix, when the start should wait; null for an error that waiting does not cure */
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
  /** Called with the error that ends the reader after the restore is complete. */
  readonly onFatal: (error: unknown) => void;
}

/**
 * Reads a topic to its present end before a service begins its work, without an overall time limit. After a standstill it
 * continues with the same reader. When a reader has ended, for example for a missing right, it opens a new one.
 */
export async function restored<T extends Restorable>(
  runStep: RunKafkaStep,
  { topic, open, onFatal }: RestoreOptions<T>,
): Promise<T> {
  let reader: { readonly one: T; readonly ended: Promise<never> } | undefined;
  let isOver = false;
  const begin = async (): Promise<NonNullable<typeof reader>> => {
    const { promise: ended, reject } = Promise.withResolvers<never>();
    // `run` awaits it; this only prevents an unhandled rejection.
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
