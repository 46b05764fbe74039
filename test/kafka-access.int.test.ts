import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { KafkaSettings, loadSettings } from '@callbus/chassis';
import { connectCallbus } from '@callbus/client';
import { ACCESS, topicName, TOPICS, type Principal, type TopicSpec } from '@callbus/contracts';
import { kafkaClientOf, KafkaError, type KafkaClient } from '@callbus/kafka';
import { PROJECT_ROOT } from '../apps/local-stack/src/places.js';
import { CallbackKeys } from './support/callback-keys.js';
import { peerCall } from './support/peer-call.js';
import type { Program } from './support/program.js';
import { SecureKafka, TOPIC_PREFIX } from './support/secure-kafka.js';
import { startService } from './support/service-process.js';
import { serviceSettings, type Deployment } from './support/service-settings.js';
import { until } from './support/stack-for-tests.js';
import { StartingService } from './support/starting-service.js';
import { TcpProxy } from './support/tcp-proxy.js';

// A broker that lets nobody do what ACCESS does not say, and the services as they are deployed on it.
const START_TIMEOUT_MS = 120_000;
const nothing = (): void => undefined;
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const principals = Object.keys(ACCESS) as Principal[];
const topics: readonly TopicSpec[] = Object.values(TOPICS);

let keys: CallbackKeys;
let kafka: SecureKafka;
beforeAll(async () => {
  keys = await CallbackKeys.start();
  kafka = await SecureKafka.start(keys.files);
}, START_TIMEOUT_MS);
afterAll(async () => {
  await kafka.stop();
  await keys.stop();
});

describe('the services, each as its own principal', () => {
  const services: Program[] = [];

  beforeAll(async () => {
    const secured: Readonly<Record<Deployment, Readonly<Record<string, string>>>> = {
      gateway: kafka.bySasl('gateway', 'plain'),
      'call-dispatcher': kafka.bySasl('call-dispatcher', 'scram-sha-512'),
      'notification-receiver': kafka.bySasl('notification-receiver', 'oauthbearer'),
      'notification-sequencer': kafka.byCertificate('notification-sequencer'),
    };
    const starting = Object.entries(serviceSettings(keys)).map(async ([name, { app, environment }]) => {
      const told = { ...environment, ...secured[name as Deployment] };
      services.push(await startService(join(PROJECT_ROOT, 'apps', app, 'dist', 'main.js'), told));
    });
    await Promise.all(starting);
  }, START_TIMEOUT_MS);
  afterAll(() => Promise.all(services.map((service) => service.end())));

  it('take a command of a producer, and a subscriber hears of it', async () => {
    const connect = (principal: Principal, source: string) => {
      const { brokers, sslCa = '' } = loadSettings(KafkaSettings, kafka.bySasl(principal, 'scram-sha-512'));
      const sasl = { mechanism: 'scram-sha-512', username: principal, password: principal } as const;
      return connectCallbus({ brokers, source, logger, topicPrefix: TOPIC_PREFIX, ssl: { ca: sslCa }, sasl });
    };
    const producer = await connect('producer', '/producer');
    const subscriber = await connect('subscriber', '/subscriber');
    const { promise: accepted, resolve } = Promise.withResolvers<string>();
    await subscriber.subscribe({
      group: `${TOPIC_PREFIX}subscriber-test`,
      on: {
        CallAccepted: ({ data }) => {
          resolve(data.callId);
        },
      },
    });
    const tenantId = randomUUID();
    const callId = await producer.placeCall({ tenantId, call: peerCall(tenantId) });
    expect(await accepted).toBe(callId);
    await producer.close();
    await subscriber.close();
  });
});

describe('a service that is started before its user or its rights are there', () => {
  const services: StartingService[] = [];
  let door: TcpProxy | undefined;
  const launch = async (name: Deployment, secured: Readonly<Record<string, string>>): Promise<StartingService> => {
    const service = await StartingService.launch(name, serviceSettings(keys)[name], secured);
    services.push(service);
    return service;
  };
  const waits = (service: StartingService, lack: RegExp): Promise<void> =>
    until(`${service.name} waits: ${String(lack)}`, async () => lack.test((await service.lacks('/startupz')) ?? ''), 40_000);
  const isReady = (service: StartingService): Promise<void> =>
    until(`${service.name} is ready`, async () => (await service.lacks('/readyz')) === '', 60_000);
  afterAll(async () => {
    await Promise.all(services.map((service) => service.end()));
    await door?.stop();
  });

  it.each(['call-dispatcher', 'notification-sequencer', 'gateway'] as const)(
    'waits for the rights of %s to topics, then to groups, and goes on',
    async (name) => {
      await kafka.revoke(name);
      const service = await launch(name, kafka.bySasl(name, 'scram-sha-512'));
      await waits(service, /looking for the topics: waits: Missing: calls\.\w.* no rights to/);
      await kafka.grant(name, 'topic');
      await waits(service, /reading calls\.[\w-]+: waits: Kafka (?:refuses this process: .*[Gg]roup|names no coordinator)/);
      await kafka.grant(name, 'group');
      await isReady(service);
      await service.endCleanly();
    },
    START_TIMEOUT_MS,
  );

  it('waits while its token endpoint is away, and goes on', async () => {
    const secured = kafka.bySasl('notification-receiver', 'oauthbearer');
    const tokenUrl = new URL(secured['KAFKA_SASL_TOKEN_URL'] ?? '');
    door = await TcpProxy.start(Number(tokenUrl.port));
    door.set('refuse');
    tokenUrl.port = String(door.port);
    const service = await launch('notification-receiver', { ...secured, KAFKA_SASL_TOKEN_URL: tokenUrl.href });
    await waits(service, /waits: There is no token for Kafka: fetch failed, .*KAFKA_SASL_/);
    door.set('pass');
    await isReady(service);
    await service.endCleanly();
  });

  it('waits while Kafka knows no such user and password, and ends with 0 when it is told to', async () => {
    const service = await launch('gateway', { ...kafka.bySasl('gateway', 'scram-sha-512'), KAFKA_SASL_PASSWORD: 'another' });
    await waits(service, /looking for the topics: waits: Kafka does not believe who this process is: .*KAFKA_SASL_/);
    await service.endCleanly();
  });

  it('ends at once when the topics have another number of partitions', async () => {
    const service = await launch('gateway', { ...kafka.bySasl('gateway', 'plain'), KAFKA_PARTITIONS: '5' });
    await until('it has ended', () => !service.isRunning, 30_000);
    expect(service.logged('the process cannot go on and exits with 1')).toMatchObject([{ err: { code: 'PARTITION_COUNT' } }]);
  });
});

/** @returns what Kafka says against it, or that it was done */
async function tried(attempt: () => Promise<unknown>): Promise<string> {
  try {
    await attempt();
    return 'done';
  } catch (error) {
    return typeOf(error) ?? (error instanceof KafkaError ? error.code : String(error));
  }
}

/** Kafka’s name of an error, which the client wraps. */
function typeOf(error: unknown): string | undefined {
  const { type, cause, errors } = error as { type?: string; cause?: unknown; errors?: readonly unknown[] };
  if (type !== undefined) return type;
  return [cause, ...(errors ?? [])].filter((one) => one instanceof Error).map(typeOf)[0];
}

async function read(client: KafkaClient, topic: string): Promise<void> {
  const { promise: ended, reject } = Promise.withResolvers<never>();
  ended.catch(nothing);
  const follower = await client.follow({ topic, onRecord: nothing, onFatal: reject });
  try {
    await Promise.race([follower.caughtUp(), ended]);
  } finally {
    await follower.stop();
  }
}

async function write(client: KafkaClient, topic: string): Promise<void> {
  const sender = await client.sender();
  try {
    await sender.send([{ topic, partition: 0, key: 'key', value: null }]);
  } finally {
    await sender.close();
  }
}

/** The error for a refused group: the client does not say why it found no coordinator. */
const NO_GROUP = 'UNREACHABLE';

describe.each(principals)('%s', (principal) => {
  let client: KafkaClient;
  beforeAll(async () => {
    await kafka.fill();
    const access = loadSettings(KafkaSettings, kafka.bySasl(principal, 'scram-sha-512'));
    client = kafkaClientOf(access, { principal }, logger);
  });
  afterAll(() => client.close());

  it('may read and write what ACCESS says, and nothing else', async () => {
    const outcomes = await Promise.all(
      topics.map(async (topic) => {
        const name = topicName(TOPIC_PREFIX, topic);
        return [topic.name, await tried(() => read(client, name)), await tried(() => write(client, name))];
      }),
    );
    const refused = 'TOPIC_AUTHORIZATION_FAILED';
    const expected = topics.map((topic) => {
      const rule = ACCESS[principal].find(({ resource, name }) => resource === 'topic' && name === topic.name);
      const may = (operation: 'READ' | 'WRITE'): boolean => rule?.operations.includes(operation) === true;
      // Those who read nothing have no groups to read in, and hear of that first where they see the topic.
      const unread = rule !== undefined && may('WRITE') && !hasGroups(principal) ? NO_GROUP : refused;
      return [topic.name, may('READ') ? 'done' : unread, may('WRITE') ? 'done' : refused];
    });
    expect(outcomes).toEqual(expected);
  });

  it('may create no topic', async () => {
    const topic = { topic: `${TOPIC_PREFIX}another`, partitions: 1, replicationFactor: 1, config: {} };
    expect(await tried(() => client.admin().ensureTopics([topic]))).toBe('TOPIC_AUTHORIZATION_FAILED');
  });
});

// Lists the principals by name, not from ACCESS, because a writer of this topic can make a phone ring a second time.
it.each(['producer', 'gateway', 'call-dispatcher', 'notification-receiver', 'notification-sequencer', 'subscriber'] as const)(
  'a release of the %s is refused by the broker',
  async (principal) => {
    const access = loadSettings(KafkaSettings, kafka.bySasl(principal, 'scram-sha-512'));
    const client = kafkaClientOf(access, { principal }, logger);
    expect(await tried(() => write(client, `${TOPIC_PREFIX}operator-commands`))).toBe('TOPIC_AUTHORIZATION_FAILED');
    await client.close();
  },
);

function hasGroups(principal: Principal): boolean {
  return ACCESS[principal].some(({ resource }) => resource === 'group');
}
