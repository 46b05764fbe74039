import 'reflect-metadata';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings, settingsOf } from '@callbus/chassis';
import { DispatcherSettings } from '../../apps/call-dispatcher/src/settings/dispatcher-settings.js';
import { GatewaySettings } from '../../apps/gateway/src/gateway-settings.js';
import { SimulatorSettings } from '../../apps/graph-simulator/src/simulator-settings.js';
import { PROJECT_ROOT } from '../../apps/local-stack/src/places.js';
import { IngestSettings } from '../../apps/notification-ingest/src/ingest-settings.js';
import { containerOf, deployments, environmentOf, ofKind, services, type Deployment } from './objects.js';
import { productionValues, renderAll, renderWith, type Rendition } from './renditions.js';
import { changed, type Change } from './rule.js';
import { IDENTITY_RULES } from './rules/identity-rules.js';
import { KAFKA_RULES } from './rules/kafka-rules.js';
import { LIFECYCLE_RULES } from './rules/lifecycle-rules.js';
import { NETWORK_RULES } from './rules/network-rules.js';
import { POD_RULES } from './rules/pod-rules.js';
import { SCALING_RULES } from './rules/scaling-rules.js';
import { TRAFFIC_RULES } from './rules/traffic-rules.js';
import { MINORS, schemaLocations } from './schemas.js';
import { kubeconform, kustomize, pythonTools } from './tools.js';

const RULES = [
  ...POD_RULES,
  ...LIFECYCLE_RULES,
  ...NETWORK_RULES,
  ...TRAFFIC_RULES,
  ...SCALING_RULES,
  ...KAFKA_RULES,
  ...IDENTITY_RULES,
];
const SETTINGS: Readonly<Record<string, new () => object>> = {
  gateway: GatewaySettings,
  'call-dispatcher': DispatcherSettings,
  'notification-receiver': IngestSettings,
  'notification-sequencer': IngestSettings,
  'graph-simulator': SimulatorSettings,
};
/** Node’s own. */
const NOT_OURS = ['NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS'];
/** Stand-ins for what comes from Secrets, of the right shape. */
const SECRETS: Readonly<Record<string, string>> = {
  CALLBACK_MAC_KEYS: 'A'.repeat(43),
  GRAPH_CLIENT_SECRET: 'secret',
  KAFKA_SASL_PASSWORD: 'secret',
  TLS_CERT: '-----BEGIN CERTIFICATE-----',
  TLS_KEY: '-----BEGIN PRIVATE KEY-----',
  SIMULATOR_APPS: '[{"clientId": "2891555a-92ff-42e6-80fa-6e1300c6b5c6", "clientSecret": "secret", "kind": "bot"}]',
};
/** Set by the webhook of workload identity. */
const FEDERATED = { AZURE_FEDERATED_TOKEN_FILE: '/var/run/secrets/azure/tokens/azure-identity-token' };
/** What a user has to find out before the first apply, at most. */
const MOST_VALUES = 12;
const VALIDATION_TIMEOUT_MS = 120_000;

const build = kustomize();
const renditions = build === null ? [] : renderAll(build);
const byName = new Map(renditions.map((rendition) => [rendition.name, rendition]));
const production = byName.get('production')!;

(build === null ? describe.skip : describe)('the manifests', () => {
  it('have an overlay for production and one with the simulator', () => {
    expect([...byName.keys()]).toEqual(expect.arrayContaining(['local', 'production']));
    const names = ({ objects }: Rendition): string[] => deployments(objects).map(({ metadata }) => metadata.name);
    expect(names(production).toSorted()).toEqual(
      Object.keys(SETTINGS)
        .filter((name) => name !== 'graph-simulator')
        .toSorted(),
    );
    expect(names(byName.get('local')!).toSorted()).toEqual(Object.keys(SETTINGS).toSorted());
  });

  describe.each(renditions)('$name', ({ objects }) => {
    it.each(RULES)('$name', ({ faults }) => {
      expect(faults(objects)).toEqual([]);
    });

    it.each(deployments(objects).map((deployment) => [deployment.metadata.name, deployment] as const))(
      '%s is told only what it knows, and all that it must be',
      (name, deployment) => {
        const settings = SETTINGS[name]!;
        const names = Object.keys(environmentOf(deployment)).filter((variable) => !NOT_OURS.includes(variable));
        const known = settingsOf(settings).map(({ variable }) => variable);
        expect(names.filter((variable) => !known.includes(variable))).toEqual([]);
        expect(() => loadSettings(settings, startedWith(deployment))).not.toThrow();
      },
    );
  });

  describe('each rule sees what is against it', () => {
    const examples = RULES.flatMap(({ name, faults, broken }) =>
      broken.map((change) => [name, inWords(change), faults, change] as const),
    );

    it('has an example of each', () => {
      expect(RULES.filter(({ broken }) => broken.length === 0)).toEqual([]);
    });

    it.each(examples)('%s: %s', (_name, _words, faults, change) => {
      expect(faults(changed(production.objects, change))).not.toEqual([]);
    });
  });

  describe('production', () => {
    it('runs images by their digest', () => {
      const images = deployments(production.objects).map((deployment) => containerOf(deployment).image);
      expect(images.filter((image) => !/@sha256:[0-9a-f]{64}$/.test(image))).toEqual([]);
    });

    it(`needs no more than ${MOST_VALUES} values, Secrets included, which the README lists`, () => {
      const needed = [...Object.keys(productionValues()), ...secretsToMake(production)];
      expect(needed.length).toBeLessThanOrEqual(MOST_VALUES);
      const readme = readFileSync(join(PROJECT_ROOT, 'k8s', 'README.md'), 'utf8');
      expect(needed.filter((name) => !readme.includes(`| \`${name}\``))).toEqual([]);
    });

    it('has a place for each value, and no placeholder left', () => {
      const values = Object.fromEntries(Object.keys(productionValues()).map((name) => [name, `value-of-${name}`]));
      const text = renderWith(build!, values);
      expect(Object.values(values).filter((value) => !text.includes(value))).toEqual([]);
      const placeholders = Object.keys(values).map((name) => new RegExp(`^(?!.*(name|FromEnv): ).*: (https://)?${name}$`, 'm'));
      expect(placeholders.filter((placeholder) => placeholder.test(text))).toEqual([]);
    });
  });
});

const python = build === null ? null : pythonTools();
const validator = python === null ? null : kubeconform();
/** Each object once, however many renditions have it. */
const everything = [...new Set(renditions.flatMap(({ text }) => text.split(/^---\n/m)))].join('---\n');

describe.each(MINORS)('Kubernetes %s', (minor) => {
  const folder = mkdtempSync(join(tmpdir(), 'callbus-k8s-'));
  const right = written('right', everything);
  const wrong = written('wrong', everything.replaceAll(/^spec:$/gm, 'spec:\n  wrong: 1'));

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  function written(name: string, text: string): string {
    const file = join(folder, `${name}.yaml`);
    writeFileSync(file, text);
    return file;
  }

  (validator === null ? it.skip : it)(
    'takes every object, by kubeconform, also those of other projects',
    () => {
      const { locations, isWhole } = schemaLocations(python!, minor);
      const options = ['-strict', '-output', 'json', '-kubernetes-version', `${minor}.0`, '-verbose'];
      if (!isWhole) options.push('-ignore-missing-schemas');
      for (const location of locations) options.push('-schema-location', location);
      expect(conformFaults(validator!, options, right)).toEqual([]);
      if (!isWhole) return;
      const seen = new Set(conformFaults(validator!, options, wrong).map(({ kind }) => kind));
      const withSpec = renditions
        .flatMap(({ objects }) => objects)
        .filter((object) => 'spec' in object)
        .map(({ kind }) => kind);
      expect([...seen].toSorted()).toEqual([...new Set(withSpec)].toSorted());
    },
    VALIDATION_TIMEOUT_MS,
  );

  (python === null ? it.skip : it)(
    'takes every object of its own, by kubernetes-validate',
    () => {
      const options = ['-k', minor, '--strict', '--no-warn', '--quiet'];
      const validate = (file: string): string =>
        execFileSync(python!.program('kubernetes-validate'), [...options, file], { encoding: 'utf8', stdio: 'pipe' });
      expect(validate(right)).toBe('');
      expect(() => validate(wrong)).toThrow();
    },
    VALIDATION_TIMEOUT_MS,
  );
});

/** What a process of it gets for its environment once the Secrets are there. */
function startedWith(deployment: Deployment): Record<string, string> {
  const isFederated = deployment.spec.template.metadata.labels['azure.workload.identity/use'] === 'true';
  const given = (containerOf(deployment).env ?? []).map(({ name, value }) => [name, value ?? SECRETS[name] ?? ''] as const);
  return { ...Object.fromEntries(given), ...(isFederated ? FEDERATED : {}) };
}

/** `name/key` of each that neither Strimzi nor cert-manager writes. */
function secretsToMake({ objects }: Rendition): readonly string[] {
  const users = ofKind(objects, 'KafkaUser').map(({ metadata }) => metadata.name);
  const asked = services(objects).flatMap((deployment) =>
    (containerOf(deployment).env ?? []).flatMap(({ valueFrom }) => valueFrom?.secretKeyRef ?? []),
  );
  return [...new Set(asked.filter(({ name }) => !users.includes(name)).map(({ name, key }) => `${name}/${key}`))];
}

function conformFaults(command: string, options: readonly string[], file: string): readonly ConformFault[] {
  const answer = ((): string => {
    try {
      return execFileSync(command, [...options, file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    } catch (error) {
      return (error as { stdout: string }).stdout;
    }
  })();
  const { resources } = JSON.parse(answer) as { resources: (ConformFault & { status: string })[] };
  return resources
    .filter(({ status }) => !['statusValid', 'statusSkipped'].includes(status))
    .map(({ kind, name, msg }) => ({ kind, name, msg }));
}

interface ConformFault {
  readonly kind: string;
  readonly name: string;
  readonly msg: string;
}

function inWords([object, path = '', value]: Change): string {
  if (typeof object !== 'string') return `another ${object.kind}`;
  return `${object} ${value === undefined ? 'without' : 'with another'} ${path}`;
}
