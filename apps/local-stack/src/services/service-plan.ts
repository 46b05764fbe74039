import { join } from 'node:path';
import type { DevelopmentCertificates } from '../identities/development-ca.js';
import { DEVELOPMENT } from '../identities/development-identities.js';
import type { DevelopmentSecrets } from '../identities/development-secrets.js';
import { StackError } from '../errors.js';
import type { EnvironmentByService } from '../local-stack-settings.js';
import { PROJECT_ROOT } from '../places.js';
import type { PortPlan, ServicePorts } from './port-plan.js';
import type { ServiceKind, ServiceName } from './service-names.js';

export type Variables = Readonly<Record<string, string>>;

/** What the processes of a stack are told; everything that decides it. */
export interface StackPlan {
  readonly services: readonly ServiceName[];
  readonly ports: PortPlan;
  readonly kafka: { readonly brokers: readonly string[]; readonly topicPrefix: string; readonly partitions: number };
  readonly certificates: DevelopmentCertificates;
  readonly secrets: DevelopmentSecrets;
  /** `real`: the variables of .env, which take the place of all that has to do with the simulator. */
  readonly graph: { readonly kind: 'simulator' } | { readonly kind: 'real'; readonly variables: Variables };
  /** By process or kind; they win over everything else. */
  readonly further: EnvironmentByService;
}

export interface PlannedService extends ServiceName {
  readonly ports: ServicePorts;
  readonly environment: Variables;
}

/** @throws StackError ARGUMENTS that names who is told something and is not there */
export function requireKnownServices(further: EnvironmentByService, services: readonly ServiceName[]): void {
  const known = new Set<string>(services.flatMap(({ kind, name }) => [kind, name]));
  const unknown = Object.keys(further).filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  throw new StackError(
    'ARGUMENTS',
    `CALLBUS_SERVICE_ENVIRONMENT names ${unknown.join(', ')}; there are ${[...known].join(', ')}.`,
  );
}

/** The addresses at which a stack is reached from outside. */
export interface StackUrls {
  readonly gateway: string;
  /** Where Graph sends callbacks. */
  readonly ingest: string;
  readonly simulator?: string;
}

/** The settings of every process (design §10), complete but for what it inherits from the launcher's own environment. */
export function planServices(plan: StackPlan): readonly PlannedService[] {
  const urls = stackUrls(plan);
  return plan.services.map((service) => {
    const ports = portsOf(plan, service.name);
    const environment = {
      ...common(plan, service, ports),
      ...BY_KIND[service.kind](plan, urls, ports),
      ...(plan.graph.kind === 'real' ? plan.graph.variables : {}),
      ...plan.further[service.kind],
      ...plan.further[service.name],
    };
    return { ...service, ports, environment };
  });
}

export function stackUrls(plan: Pick<StackPlan, 'services' | 'ports' | 'graph'>): StackUrls {
  const port = (kind: ServiceKind): number => {
    const first = plan.services.find((service) => service.kind === kind);
    return portsOf(plan, first?.name ?? kind).http ?? 0;
  };
  const gateway = `http://127.0.0.1:${port('gateway')}`;
  if (plan.graph.kind === 'simulator') {
    const ingest = `https://localhost:${port('notification-receiver')}`;
    return { gateway, ingest, simulator: `https://localhost:${port('graph-simulator')}` };
  }
  return { gateway, ingest: plan.graph.variables['CALLBACK_PUBLIC_URL'] ?? '' };
}

/** What a stack with a real tenant cannot do without. */
export const REAL_SETTINGS: Variables = {
  GRAPH_APP_ID: 'the app registration that calls Graph',
  CALLBACK_PUBLIC_URL: 'an https address on the internet that leads to port 3443 here, which speaks plain http',
  GATEWAY_ISSUERS: 'who signs the tokens of the gateway’s callers',
  GATEWAY_AUDIENCE: 'the audience of these tokens',
  CALLER_TENANT_ID: 'the tenant that the demo calls, and whose caller it is',
  CALLER_CLIENT_ID: 'the app registration that calls the gateway',
  CALLER_CLIENT_SECRET: 'its secret',
};

/** @throws StackError ARGUMENTS that names what .env lacks */
export function requireRealSettings(variables: Variables): void {
  const missing = Object.keys(REAL_SETTINGS).filter((name) => !variables[name]);
  if (missing.length === 0) return;
  const list = Object.entries(REAL_SETTINGS).map(([name, meaning]) => `  ${name}: ${meaning}`);
  throw new StackError(
    'ARGUMENTS',
    `--graph real reads a file .env in the project, with GRAPH_CLIENT_SECRET or another credential and:\n${list.join('\n')}\nMissing: ${missing.join(', ')}.`,
  );
}

function common(plan: StackPlan, service: ServiceName, ports: ServicePorts): Variables {
  return {
    NODE_ENV: 'production',
    NODE_EXTRA_CA_CERTS: plan.certificates.caFile,
    SERVICE_NAME: service.name,
    MANAGEMENT_HOST: '127.0.0.1',
    MANAGEMENT_PORT: String(ports.management),
    KAFKA_BROKERS: plan.kafka.brokers.join(','),
    KAFKA_TOPIC_PREFIX: plan.kafka.topicPrefix,
    KAFKA_PARTITIONS: String(plan.kafka.partitions),
  };
}

type Part = (plan: StackPlan, urls: StackUrls, ports: ServicePorts) => Variables;

const BY_KIND: Readonly<Record<ServiceKind, Part>> = {
  gateway: (_plan, { gateway, simulator }, ports) => ({
    ...listener(ports),
    GATEWAY_PUBLIC_URL: gateway,
    GATEWAY_SWAGGER_UI: join(PROJECT_ROOT, 'docs', 'openapi.yaml'),
    ...(simulator === undefined
      ? {}
      : {
          GRAPH_APP_ID: DEVELOPMENT.botAppId,
          GATEWAY_ISSUERS: callersIssuer(simulator),
          GATEWAY_AUDIENCE: DEVELOPMENT.gatewayAudience,
          GATEWAY_MEDIA_HOSTS: DEVELOPMENT.mediaHost,
          GATEWAY_OPENID_URL: `${simulator}/common/v2.0/.well-known/openid-configuration`,
        }),
  }),
  'call-dispatcher': (plan, { simulator, ingest }) => ({
    CALLBACK_MAC_KEYS: plan.secrets.callbackMacKey,
    ...(simulator === undefined
      ? {}
      : {
          CALLBACK_PUBLIC_URL: ingest,
          GRAPH_BASE_URL: simulator,
          GRAPH_AUTHORITY: simulator,
          GRAPH_APP_ID: DEVELOPMENT.botAppId,
          GRAPH_CLIENT_SECRET: plan.secrets.graphClientSecret,
        }),
  }),
  'notification-receiver': (plan, { simulator }, ports) => ({
    ...listener(ports),
    NOTIFICATION_INGEST_ROLES: 'receiver',
    CALLBACK_MAC_KEYS: plan.secrets.callbackMacKey,
    ...(simulator === undefined
      ? {}
      : {
          ...tls(plan.certificates),
          CALLBACK_ISSUERS: 'https://graph.microsoft.com',
          CALLBACK_OPENID_URL: `${simulator}/callbacks/v1/.well-known/OpenIdConfiguration`,
        }),
  }),
  'notification-sequencer': () => ({ NOTIFICATION_INGEST_ROLES: 'sequencer' }),
  'graph-simulator': (plan, { simulator = '' }, ports) => ({
    ...listener(ports),
    ...tls(plan.certificates),
    SIMULATOR_PUBLIC_URL: simulator,
    SIMULATOR_GATEWAY_AUDIENCE: DEVELOPMENT.gatewayAudience,
    SIMULATOR_APPS: registeredApps(plan.secrets),
  }),
};

/** The simulator’s issuer of the one tenant whose applications call the gateway. */
export function callersIssuer(simulator: string): string {
  return `${simulator}/${DEVELOPMENT.tenantId}/v2.0`;
}

/** The app registrations that a simulator knows: JSON. */
export function registeredApps({ graphClientSecret, callerClientSecret }: DevelopmentSecrets): string {
  return JSON.stringify([
    { clientId: DEVELOPMENT.botAppId, clientSecret: graphClientSecret, kind: 'bot' },
    { clientId: DEVELOPMENT.callerAppId, clientSecret: callerClientSecret, kind: 'caller' },
  ]);
}

function listener(ports: ServicePorts): Variables {
  return { HTTP_HOST: '127.0.0.1', HTTP_PORT: String(ports.http) };
}

function tls({ certFile, keyFile }: DevelopmentCertificates): Variables {
  return { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile };
}

function portsOf(plan: Pick<StackPlan, 'ports'>, name: string): ServicePorts {
  const ports = plan.ports.services.get(name);
  if (ports === undefined) throw new Error(`the plan has no ports for ${name}`);
  return ports;
}

/**
 * What a process is started with: the launcher's environment, over it the planned variables. Whatever could contradict
 * these goes: the same setting by file, and other ways to prove who one is to Graph.
 */
export function processEnvironment(inherited: NodeJS.ProcessEnv, planned: Variables): NodeJS.ProcessEnv {
  const contradicting = Object.keys(planned).flatMap((name) => [`${name}_FILE`, name.replace(/_FILE$/, '')]);
  const isForSimulator = planned['GRAPH_CLIENT_SECRET'] !== undefined;
  const other = isForSimulator
    ? ['GRAPH_CLIENT_CERTIFICATE', 'AZURE_FEDERATED_TOKEN_FILE', 'GRAPH_APPS', 'GRAPH_APPS_FILE', 'GRAPH_TENANTS']
    : [];
  const removed = new Set([...contradicting, ...other]);
  const kept = Object.fromEntries(Object.entries(inherited).filter(([name]) => !removed.has(name)));
  return { ...kept, ...planned };
}

/** The file that runs a service. */
export function mainFile(root: string, service: Pick<ServiceName, 'app'>): string {
  return join(root, 'apps', service.app, 'dist', 'main.js');
}
