import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { loadSettings } from '@callbus/chassis';
import { openGuardedGroup } from './processes/guarded-group.js';
import { startKafka } from './kafka/kafka.js';
import { sweepHomes } from './processes/leftovers.js';
import { LocalStackSettings } from './local-stack-settings.js';
import { PROJECT_ROOT, stackPlaces } from './places.js';
import { freePort } from './services/ports.js';
import type { ProcessGroup } from './processes/process-group.js';
import { createProgress } from './progress.js';

const PREFIX = 'test-kafka-';

/** A broker, and the group that further processes can be started in, which end with it. */
export interface KafkaForTests {
  readonly brokers: readonly string[];
  readonly group: ProcessGroup;
  /** The state folder, which is deleted in the end. */
  readonly home: string;
  readonly stop: () => Promise<void>;
}

/**
 * One real broker for a run of tests, on free ports and with a state folder of its own, so that runs do not disturb each
 * other; KAFKA_BROKERS names another one instead. It ends when `stop` is called or this process is gone.
 */
export async function startKafkaForTests(): Promise<KafkaForTests> {
  const folder = join(PROJECT_ROOT, '.callbus');
  await sweepHomes(folder, PREFIX);
  const places = stackPlaces({ home: join(folder, `${PREFIX}${process.pid}`), cache: loadSettings(LocalStackSettings).cache });
  const { group, dismiss } = await openGuardedGroup(places);
  const taken = new Set<number>();
  const ports = { nodes: [{ broker: await freePort(taken), controller: await freePort(taken) }] };
  const leave = async (): Promise<void> => {
    await group.end(group.names());
    await dismiss();
    await rm(places.home, { recursive: true, force: true });
  };
  try {
    const kafka = await startKafka(places, ports, group, createProgress());
    const stop = async (): Promise<void> => {
      const brokers = kafka.own.map(({ process }) => process.name);
      await group.end(group.names().filter((name) => !brokers.includes(name)));
      await kafka.stop();
      await leave();
    };
    return { brokers: kafka.brokers, group, home: places.home, stop };
  } catch (error) {
    await leave();
    throw error;
  }
}
