import { randomUUID } from 'node:crypto';
import { encodeLedgerRecord, TOPICS } from '@callbus/contracts';
import { createKafkaClient } from '@callbus/kafka';
import { createTopics } from '../../apps/local-stack/src/kafka/topics.js';
import { CallbackKeys } from '../support/callback-keys.js';
import { Metrics } from '../support/metrics.js';
import { PlainProducer } from '../support/plain-kafka.js';
import { serviceSettings } from '../support/service-settings.js';
import { StartingService } from '../support/starting-service.js';
import { until } from '../support/stack-for-tests.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import type { FaultRow } from './row.js';

const IS_LONG = process.env['FAULT_FORM'] === 'long';
/** Total time for which things that a start needs are missing. */
const MISSING_MS = IS_LONG ? 90_000 : 20_000;
const PARTITIONS = 3;
const nothing = (): void => undefined;
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** Of topics that this stack has not. */
function newPrefix(kind: string): string {
  return `${kind}-${randomUUID()}.`;
}

/** Waits until each of these services says that it lacks this, then checks for the rest of the time that none ends. */
async function eachWaits(services: readonly StartingService[], ms: number, lack: RegExp): Promise<void> {
  const until_ = performance.now() + ms;
  for (const service of services) {
    await until(`${service.name} says that it waits: ${String(lack)}`, async () =>
      lack.test((await service.lacks('/startupz')) ?? ''),
    );
  }
  await until(
    'the time is over',
    async () => {
      for (const service of services) expect([service.name, await service.lacks('/livez')]).toEqual([service.name, '']);
      return performance.now() >= until_;
    },
    ms + 10_000,
  );
}

/** Over a slow connection a restore takes several times the standstill time-out; in the long form also one fetch takes longer than the client's request time-out. */
const RESTORE = IS_LONG
  ? { megabytes: 5, bytesPerSecond: 96 * 1024, standstillMs: 20_000 }
  : { megabytes: 10, bytesPerSecond: 1024 * 1024, standstillMs: 2_000 };
const PADDING = 'x'.repeat(50_000);
const PER_MEGABYTE = 20;

/** Progress of a restore, as /startupz and the gauges report it. */
interface Seen {
  readonly read: Set<number>;
  readonly gauge: Set<number>;
}

async function watchRestore(service: StartingService, topic: string, seen: Seen): Promise<boolean> {
  const lacks = await service.lacks('/startupz');
  if (lacks === undefined) return false;
  expect([service.name, await service.lacks('/livez')]).toEqual([service.name, '']);
  const [, read] = new RegExp(`reading ${topic}: read (\\d+) of \\d+ records`).exec(lacks) ?? [];
  if (read !== undefined) seen.read.add(Number(read));
  seen.gauge.add((await Metrics.at(service.managementUrl)).sum('callbus_kafka_restore_read_records', { topic }));
  return lacks === '';
}

/** Services whose start lacks something, or takes long. */
export const START_ROWS: readonly FaultRow[] = [
  {
    id: 'F61',
    fault: 'ledger and snapshots are read over a connection so slow that it takes longer than any wait',
    run: async ({ system, injected, healed }) => {
      const { brokers } = system.stack.file.kafka;
      const keys = await CallbackKeys.start();
      const client = createKafkaClient({ brokers, clientId: 'test', logger });
      const topicPrefix = newPrefix('big');
      const ledger = `${topicPrefix}${TOPICS.dispatchLedger.name}`;
      const snapshots = `${topicPrefix}${TOPICS.snapshots.name}`;
      const services: StartingService[] = [];
      try {
        await createTopics(client, { brokers, topicPrefix, partitions: PARTITIONS });
        for (const topic of [ledger, snapshots]) {
          const producer = await PlainProducer.start(brokers, topic);
          for (let megabyte = 0; megabyte < RESTORE.megabytes; megabyte += 1) {
            const callIds = Array.from({ length: PER_MEGABYTE }, () => randomUUID());
            const valueOf = (callId: string): string | null =>
              topic === ledger ? encodeLedgerRecord({ type: 'EndRequested', callId, tenantId: randomUUID() }).toString() : null;
            // Small to fold and large to fetch.
            const headers = { padding: PADDING };
            await producer.send(...callIds.map((callId) => ({ partition: 0, key: callId, value: valueOf(callId), headers })));
          }
          await producer.stop();
        }
        system.kafka.throttleAnswers(RESTORE.bytesPerSecond);
        const more = {
          KAFKA_BROKERS: `127.0.0.1:${String(system.kafka.port)}`,
          KAFKA_TOPIC_PREFIX: topicPrefix,
          KAFKA_PARTITIONS: String(PARTITIONS),
          KAFKA_STANDSTILL_TIMEOUT_MS: String(RESTORE.standstillMs),
        };
        const settings = serviceSettings(keys);
        const restores = [
          ['call-dispatcher', ledger],
          ['notification-sequencer', snapshots],
          ['gateway', snapshots],
        ] as const;
        const begunAtMs = performance.now();
        await Promise.all(
          restores.map(async ([name, topic]) => {
            const service = await StartingService.launch(name, settings[name], more);
            services.push(service);
            injected();
            const seen: Seen = { read: new Set(), gauge: new Set() };
            await until(`${name} has started`, () => watchRestore(service, topic, seen), 170_000);
            // A dozen fetches, each of which shows in the progress.
            for (const steps of Object.values(seen) as Set<number>[]) {
              expect([...steps]).toEqual([...steps].toSorted((a, b) => a - b));
              expect([name, steps.size > 4]).toEqual([name, true]);
            }
            expect(Math.max(...seen.gauge)).toBe(RESTORE.megabytes * PER_MEGABYTE);
            expect(service.logged('the start waits, and tries again by itself')).toEqual([]);
          }),
        );
        expect(performance.now() - begunAtMs).toBeGreaterThan(RESTORE.standstillMs * 1.5);
        system.kafka.heal();
        healed();
        await Promise.all(services.map((service) => service.endCleanly()));
      } finally {
        system.kafka.heal();
        await Promise.all(services.map((service) => service.end()));
        await Promise.all([keys.stop(), client.close()]);
      }
      return await system.placeMany(1);
    },
  },
  {
    id: 'F62',
    fault: 'every service is started while Kafka, then its topics, then the keys of tokens are missing',
    run: async ({ system, injected, healed }) => {
      const [broker = ''] = system.stack.file.kafka.brokers;
      const keys = await CallbackKeys.start();
      const kafkaDoor = await TcpProxy.start(Number(broker.split(':')[1]));
      const keysDoor = await TcpProxy.start(Number(new URL(keys.url('')).port));
      kafkaDoor.set('refuse');
      keysDoor.set('refuse');
      const client = createKafkaClient({ brokers: [broker], clientId: 'test', logger });
      const topicPrefix = newPrefix('late');
      const more = {
        KAFKA_BROKERS: `127.0.0.1:${String(kafkaDoor.port)}`,
        KAFKA_TOPIC_PREFIX: topicPrefix,
        KAFKA_PARTITIONS: String(PARTITIONS),
      };
      const throughDoor = keys.url('').replace(/\d+$/, String(keysDoor.port));
      const settings = JSON.parse(JSON.stringify(serviceSettings(keys)).replaceAll(keys.url(''), throughDoor)) as ReturnType<
        typeof serviceSettings
      >;
      const services: StartingService[] = [];
      try {
        for (const [name, service] of Object.entries(settings)) services.push(await StartingService.launch(name, service, more));
        injected(services.length);
        await eachWaits(services, MISSING_MS / 2, /^started: looking for the topics: waits: Kafka cannot be reached/);
        kafkaDoor.set('pass');
        await eachWaits(services, MISSING_MS / 2, new RegExp(`waits: Missing: ${topicPrefix}`));
        await createTopics(client, { brokers: [broker], topicPrefix, partitions: PARTITIONS });
        for (const service of services) {
          await until(`${service.name} has started`, async () => (await service.lacks('/startupz')) === '', 30_000);
          // Once for Kafka and once for the topics, not at each retry. Some topics may become visible before the others.
          const waits = service.logged('the start waits, and tries again by itself').map(({ waitsFor }) => waitsFor);
          expect(new Set(waits).size).toBe(waits.length);
          expect(waits.length).toBeGreaterThanOrEqual(2);
        }
        const [gateway, , receiver] = services as [StartingService, StartingService, StartingService];
        for (const service of [gateway, receiver]) expect(await service.lacks('/readyz')).toMatch(/no keys could be had/);
        keysDoor.set('pass');
        healed();
        for (const service of services) {
          await until(`${service.name} is ready`, async () => (await service.lacks('/readyz')) === '', 30_000);
        }
        await Promise.all(services.map((service) => service.endCleanly()));
      } finally {
        await Promise.all(services.map((service) => service.end()));
        await Promise.all([kafkaDoor.stop(), keysDoor.stop(), keys.stop(), client.close()]);
      }
      return await system.placeMany(1);
    },
  },
];
