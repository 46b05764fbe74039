import { KAFKA_ERRORS, KafkaError, type KafkaErrorCode } from '../port/errors.js';
import { missingOnKafka, restored, type KafkaStep, type Restorable } from './start-on-kafka.js';

describe('a start', () => {
  it('waits for anything that is missing on Kafka, names the fix, and waits for no other error', () => {
    const codes = Object.keys(KAFKA_ERRORS) as KafkaErrorCode[];
    const waitedFor = codes.filter((code) => missingOnKafka(new KafkaError(code, 'x')) !== null);
    expect(waitedFor).toEqual(['UNREACHABLE', 'UNAUTHENTICATED', 'UNAUTHORIZED', 'TOPIC_MISSING', 'FOLLOWER_LATE']);
    expect(missingOnKafka(new KafkaError('TOPIC_MISSING', 'Missing: calls.events.'))).toContain(
      'Missing: calls.events. Create the topic',
    );
    expect(missingOnKafka(new Error('x'))).toBeNull();
  });
});

/** Tries a step until it is done, as the chassis does, without the waits between. */
async function runStep<T>({ run, waitsFor }: KafkaStep<T>): Promise<T> {
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (waitsFor(error) === null) throw error;
    }
  }
}

describe('a restore', () => {
  /** A reader whose waits end so, one after the other. */
  class Reader implements Restorable {
    isStopped = false;

    constructor(private readonly ends: (KafkaErrorCode | 'read' | 'never')[]) {}

    caughtUp(): Promise<void> {
      const end = this.ends.shift() ?? 'read';
      if (end === 'never') return new Promise(() => undefined);
      return end === 'read' ? Promise.resolve() : Promise.reject(new KafkaError(end, 'x'));
    }

    progress(): { read: number; of: number } {
      return { read: 3, of: 9 };
    }

    stop(): Promise<void> {
      this.isStopped = true;
      return Promise.resolve();
    }
  }
  const topic = 'calls.example';
  const onFatal = (): void => undefined;

  it('continues with the same reader, at its position, after a standstill', async () => {
    const reader = new Reader(['FOLLOWER_LATE', 'FOLLOWER_LATE', 'read']);
    let opened = 0;
    const open = (): Promise<Reader> => {
      opened += 1;
      return Promise.resolve(reader);
    };
    expect(await restored(runStep, { topic, open, onFatal })).toBe(reader);
    expect([opened, reader.isStopped]).toEqual([1, false]);
  });

  it('stops a reader that has ended, and begins again with a new one', async () => {
    const first = new Reader(['never']);
    const second = new Reader(['read']);
    const readers = [first, second];
    const open = (fatal: (error: unknown) => void): Promise<Reader> => {
      if (readers.length === 2) setImmediate(fatal, new KafkaError('UNAUTHORIZED', 'x'));
      return Promise.resolve(readers.shift() as Reader);
    };
    expect(await restored(runStep, { topic, open, onFatal })).toBe(second);
    expect(first.isStopped).toBe(true);
  });

  it('fails with an error that waiting does not cure', async () => {
    const open = (fatal: (error: unknown) => void): Promise<Reader> => {
      setImmediate(fatal, new Error('unreadable'));
      return Promise.resolve(new Reader(['never']));
    };
    await expect(restored(runStep, { topic, open, onFatal })).rejects.toThrow('unreadable');
  });

  it('treats an error that ends the reader after the restore as fatal', async () => {
    const fatal: unknown[] = [];
    let end: (error: unknown) => void = () => undefined;
    const open = (onEnd: (error: unknown) => void): Promise<Reader> => {
      end = onEnd;
      return Promise.resolve(new Reader(['read']));
    };
    await restored(runStep, { topic, open, onFatal: (error) => fatal.push(error) });
    end('ended');
    expect(fatal).toEqual(['ended']);
  });

  it('says how far it has come', async () => {
    const seen: (string | undefined)[] = [];
    const watched = <T>(step: KafkaStep<T>): Promise<T> => {
      seen.push(step.progress?.());
      return runStep(step).finally(() => seen.push(step.progress?.()));
    };
    await restored(watched, { topic, open: () => Promise.resolve(new Reader(['read'])), onFatal });
    expect(seen).toEqual([undefined, 'read 3 of 9 records']);
  });
});
