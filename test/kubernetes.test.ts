import 'reflect-metadata';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadSettings, settingsOf } from '@callbus/chassis';
import { parse, parseAllDocuments } from 'yaml';
import { DispatcherSettings } from '../apps/call-dispatcher/src/dispatcher-settings.js';
import { GatewaySettings } from '../apps/gateway/src/gateway-settings.js';
import { PROJECT_ROOT } from '../apps/local-stack/src/places.js';
import { IngestSettings } from '../apps/notification-ingest/src/ingest-settings.js';

interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: unknown;
  readonly data?: Record<string, string>;
}

interface Deployment {
  readonly replicas: number;
  readonly selector: { readonly matchLabels: object };
  readonly template: { readonly spec: Pod };
}

interface Pod {
  readonly securityContext: object;
  readonly automountServiceAccountToken: boolean;
  readonly terminationGracePeriodSeconds: number;
  readonly containers: readonly Container[];
}

interface Container {
  readonly image: string;
  readonly env: readonly Env[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly securityContext: object;
  readonly resources: { readonly limits: { readonly memory: string }; readonly requests: { readonly memory: string } };
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly lifecycle?: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

interface Env {
  readonly name: string;
  readonly value?: string;
}

const BASE = join(PROJECT_ROOT, 'k8s', 'base');
const SETTINGS = {
  gateway: GatewaySettings,
  'call-dispatcher': DispatcherSettings,
  'notification-receiver': IngestSettings,
  'notification-sequencer': IngestSettings,
};
/** Node's own. */
const NOT_OURS = ['NODE_OPTIONS'];

const resources = render();
const ofKind = (kind: string): Resource[] => resources.filter((resource) => resource.kind === kind);
const deployments = ofKind('Deployment').map(({ metadata, spec }) => [metadata.name, spec as Deployment] as const);

/** The base as kustomize gives it out; where there is none, the resources that it lists, as they are written. */
function render(): Resource[] {
  for (const [command, ...args] of [
    ['kustomize', 'build', BASE],
    ['kubectl', 'kustomize', BASE],
  ] as const) {
    try {
      return documents(execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  process.stdout.write('neither kustomize nor kubectl is installed: the manifests are checked as they are written\n');
  const { resources: files } = parse(readFileSync(join(BASE, 'kustomization.yaml'), 'utf8')) as { resources: string[] };
  return files.flatMap((file) => documents(readFileSync(join(BASE, file), 'utf8')));
}

function documents(text: string): Resource[] {
  return parseAllDocuments(text).map((document) => document.toJS() as Resource);
}

it('has the four services', () => {
  expect(deployments.map(([name]) => name).toSorted()).toEqual(Object.keys(SETTINGS).toSorted());
});

describe.each(deployments)('%s', (name, deployment) => {
  const pod = deployment.template.spec;
  const container = pod.containers[0]!;
  const { env } = container;
  const settings = SETTINGS[name as keyof typeof SETTINGS];

  it('runs restricted', () => {
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(pod.containers).toHaveLength(1);
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(container.resources.limits.memory).toBe(container.resources.requests.memory);
    expect(container.image).not.toMatch(/:latest$/);
  });

  it('is asked for its health where it answers', () => {
    const { managementPort } = new settings();
    const management = container.ports.find((port) => port.name === 'management');
    expect(management?.containerPort).toBe(managementPort);
    const { startupProbe, livenessProbe, readinessProbe } = container;
    for (const { httpGet } of [startupProbe, livenessProbe, readinessProbe]) expect(httpGet.port).toBe('management');
    expect(livenessProbe.httpGet.path).not.toBe(readinessProbe.httpGet.path);
  });

  it('has the time to shut down', () => {
    const preStop = container.lifecycle?.preStop.sleep.seconds ?? 0;
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(preStop + new settings().shutdownTimeoutMs / 1_000);
  });

  it('is told only what it knows, and all that it must be', () => {
    const shared = ofKind('ConfigMap').find((map) => map.metadata.name === 'callbus-kafka')?.data ?? {};
    const names = [...env.map((one) => one.name), ...Object.keys(shared)].filter((one) => !NOT_OURS.includes(one));
    const known = settingsOf(settings).map(({ variable }) => variable);
    expect(names.filter((one) => !known.includes(one))).toEqual([]);
    // Stand-ins for what comes from Secrets, of the right shape.
    const secret: Record<string, string> = {
      SERVICE_NAME: name,
      GRAPH_APP_ID: '2891555a-92ff-42e6-80fa-6e1300c6b5c6',
      GRAPH_CLIENT_SECRET: 'secret',
      GATEWAY_AUDIENCE: 'api://callbus',
      CALLBACK_MAC_KEYS: 'A'.repeat(43),
    };
    const given = Object.fromEntries(env.map((one) => [one.name, one.value ?? secret[one.name] ?? '']));
    expect(() => loadSettings<object>(settings, { ...shared, ...given })).not.toThrow();
  });

  it('listens where its Service leads', () => {
    const service = ofKind('Service').find((one) => one.metadata.name === name);
    const port = env.find((one) => one.name === 'HTTP_PORT')?.value;
    expect(service === undefined).toBe(port === undefined);
    if (service === undefined) return;
    const { ports, selector } = service.spec as { ports: { targetPort: string }[]; selector: object };
    const http = container.ports.find((one) => one.name === ports[0]?.targetPort);
    expect(String(http?.containerPort)).toBe(port);
    expect(selector).toEqual(deployment.selector.matchLabels);
  });

  it('may lose one pod at a time', () => {
    const budget = ofKind('PodDisruptionBudget').find((one) => one.metadata.name === name);
    expect(budget?.spec).toMatchObject({ maxUnavailable: 1, selector: deployment.selector });
    expect(deployment.replicas).toBeGreaterThan(1);
  });
});

it('lets nothing in or out that no policy names', () => {
  const deny = ofKind('NetworkPolicy').find((policy) => policy.metadata.name === 'default-deny');
  expect(deny?.spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
});
