import { createKafkaClient } from '@callbus/kafka';
import { createTopics } from '../../apps/local-stack/src/topics.js';
import { CallbackKeys } from '../support/callback-keys.js';
import { serviceSettings } from '../support/service-settings.js';
import { StartingService } from '../support/starting-service.js';
import { until } from '../support/stack-for-tests.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import type { FaultRow } from './row.js';

const IS_LONG = process.env['FAULT_FORM'] === 'long';
/** How long what a start needs is missing in all. */
const MISSING_MS = IS_LONG ? 90_000 : 20_000;
const PARTITIONS = 3;
const nothing = (): void => undefined;
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** Waits until each of these lacks this, and for the rest of the time sees that none ends. */
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

/** Services that are started while something is missing, or that take long to start. */
export const START_ROWS: readonly FaultRow[] = [
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
      const topicPrefix = `late-${String(process.pid)}-${String(Math.round(performance.now()))}.`;
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
          // Once for Kafka and once for the topics, not once for each try; a topic or two may be seen before the others.
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
