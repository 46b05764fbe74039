import { readFileSync } from 'node:fs';
import { planPorts } from './port-plan.js';
import { serviceNames } from './service-names.js';
import {
  planServices,
  processEnvironment,
  requireKnownServices,
  requireRealSettings,
  stackUrls,
  type StackPlan,
} from './service-plan.js';

async function planFor(changes: Partial<StackPlan> = {}): Promise<StackPlan> {
  const services = changes.services ?? serviceNames({ dispatchers: 1, receivers: 2, sequencers: 1 }, true);
  return {
    services,
    ports: await planPorts(services, (port) => Promise.resolve(port)),
    kafka: { brokers: ['127.0.0.1:19092'], topicPrefix: 'calls.', partitions: 12 },
    certificates: { caFile: '/home/ca.pem', certFile: '/home/cert.pem', keyFile: '/home/key' },
    secrets: { graphClientSecret: 'graph-secret', callerClientSecret: 'caller-secret', callbackMacKey: 'mac-key' },
    graph: { kind: 'simulator' },
    further: {},
    ...changes,
  };
}

const environmentOf = (plan: StackPlan, name: string) => planServices(plan).find((service) => service.name === name)!.environment;

const real = {
  GRAPH_APP_ID: 'app',
  GRAPH_CLIENT_SECRET: 'real-secret',
  CALLBACK_PUBLIC_URL: 'https://bot.example',
  GATEWAY_ISSUERS: 'https://login.example/{tenantId}/v2.0',
  GATEWAY_AUDIENCE: 'api://x',
  CALLER_TENANT_ID: 'tenant',
  CALLER_CLIENT_ID: 'caller',
  CALLER_CLIENT_SECRET: 'caller-secret',
};

describe('planServices', () => {
  it('tells every process its name, its management port and its Kafka', async () => {
    const planned = planServices(await planFor());
    expect(planned.map(({ environment }) => environment['SERVICE_NAME'])).toEqual([
      'call-dispatcher-1',
      'notification-receiver-1',
      'notification-receiver-2',
      'notification-sequencer-1',
      'gateway-1',
      'graph-simulator-1',
    ]);
    for (const { environment, ports } of planned) {
      expect(environment).toMatchObject({
        MANAGEMENT_PORT: String(ports.management),
        MANAGEMENT_HOST: '127.0.0.1',
        KAFKA_BROKERS: '127.0.0.1:19092',
        KAFKA_TOPIC_PREFIX: 'calls.',
        KAFKA_PARTITIONS: '12',
        NODE_EXTRA_CA_CERTS: '/home/ca.pem',
        NODE_ENV: 'production',
      });
    }
  });

  it('gives dispatcher and simulator the same app and secret, dispatcher and receivers the same key', async () => {
    const plan = await planFor();
    const dispatcher = environmentOf(plan, 'call-dispatcher-1');
    const apps = JSON.parse(environmentOf(plan, 'graph-simulator-1')['SIMULATOR_APPS']!) as { kind: string }[];
    expect(apps.find((app) => app.kind === 'bot')).toEqual({
      kind: 'bot',
      clientId: dispatcher['GRAPH_APP_ID'],
      clientSecret: dispatcher['GRAPH_CLIENT_SECRET'],
    });
    expect(environmentOf(plan, 'notification-receiver-2')['CALLBACK_MAC_KEYS']).toBe(dispatcher['CALLBACK_MAC_KEYS']);
  });

  it('sends callbacks to the first receiver and gives each its own port', async () => {
    const plan = await planFor();
    expect(environmentOf(plan, 'call-dispatcher-1')['CALLBACK_PUBLIC_URL']).toBe('https://localhost:3443');
    expect(environmentOf(plan, 'notification-receiver-1')).toMatchObject({ HTTP_PORT: '3443', TLS_CERT_FILE: '/home/cert.pem' });
    expect(environmentOf(plan, 'notification-receiver-2')).toMatchObject({
      HTTP_PORT: '3444',
      NOTIFICATION_INGEST_ROLES: 'receiver',
    });
    expect(environmentOf(plan, 'notification-sequencer-1')).toMatchObject({ NOTIFICATION_INGEST_ROLES: 'sequencer' });
  });

  it('has the gateway take callers of the one development tenant only', async () => {
    expect(environmentOf(await planFor(), 'gateway-1')).toMatchObject({
      GATEWAY_ISSUERS: 'https://localhost:4443/8d6f3f0e-5b0c-4c8e-9a43-6f1d3c2b7a10/v2.0',
      GATEWAY_OPENID_URL: 'https://localhost:4443/common/v2.0/.well-known/openid-configuration',
    });
  });

  it('lets developers see the gateway’s interface in a browser', async () => {
    const { GATEWAY_SWAGGER_UI: document = '' } = environmentOf(await planFor(), 'gateway-1');
    expect(readFileSync(document, 'utf8')).toContain('openapi: 3.1');
  });

  it('adds what is wanted for one process or for all of a kind, the process winning', async () => {
    const further = { 'notification-receiver': { A: 'kind', B: 'kind' }, 'notification-receiver-2': { B: 'process' } };
    const plan = await planFor({ further });
    expect(environmentOf(plan, 'notification-receiver-1')).toMatchObject({ A: 'kind', B: 'kind' });
    expect(environmentOf(plan, 'notification-receiver-2')).toMatchObject({ A: 'kind', B: 'process' });
    expect(environmentOf(plan, 'gateway-1')).not.toHaveProperty('A');
  });

  it('takes everything about Graph from .env for a real tenant, and no development identity', async () => {
    const services = serviceNames({ dispatchers: 1, receivers: 1, sequencers: 1 }, false);
    const plan = await planFor({ services, graph: { kind: 'real', variables: real } });
    expect(stackUrls(plan)).toEqual({ gateway: 'http://127.0.0.1:3000', ingest: 'https://bot.example' });
    expect(environmentOf(plan, 'call-dispatcher-1')).toMatchObject({ GRAPH_CLIENT_SECRET: 'real-secret', GRAPH_APP_ID: 'app' });
    expect(environmentOf(plan, 'notification-receiver-1')).not.toHaveProperty('TLS_CERT_FILE');
    expect(JSON.stringify(planServices(plan))).not.toContain('localhost:4443');
  });
});

describe('requireKnownServices', () => {
  const services = serviceNames({ dispatchers: 2, receivers: 1, sequencers: 1 }, true);

  it('takes a process or a kind, and names what is neither', () => {
    expect(() => {
      requireKnownServices({ 'call-dispatcher': {}, 'call-dispatcher-2': {} }, services);
    }).not.toThrow();
    expect(() => {
      requireKnownServices({ 'call-dispatcher-3': {}, dispatcher: {} }, services);
    }).toThrow(/names call-dispatcher-3, dispatcher; there are call-dispatcher, call-dispatcher-1, call-dispatcher-2, /);
  });
});

describe('requireRealSettings', () => {
  it('names every setting that .env lacks', () => {
    expect(() => {
      requireRealSettings(real);
    }).not.toThrow();
    expect(() => {
      requireRealSettings({ ...real, GRAPH_APP_ID: '', CALLBACK_PUBLIC_URL: '' });
    }).toThrow('Missing: GRAPH_APP_ID, CALLBACK_PUBLIC_URL.');
  });
});

describe('processEnvironment', () => {
  it('keeps what the developer set, except where it contradicts the plan', () => {
    const inherited = {
      PATH: '/bin',
      NOT_AFTER_DEFAULT_MS: '5000',
      HTTP_PORT: '1',
      GRAPH_CLIENT_SECRET_FILE: '/x',
      TLS_CERT: 'pem',
    };
    expect(processEnvironment(inherited, { HTTP_PORT: '3000', GRAPH_CLIENT_SECRET: 's', TLS_CERT_FILE: '/y' })).toEqual({
      PATH: '/bin',
      NOT_AFTER_DEFAULT_MS: '5000',
      HTTP_PORT: '3000',
      GRAPH_CLIENT_SECRET: 's',
      TLS_CERT_FILE: '/y',
    });
  });

  it('drops a developer’s own ways to prove who one is to Graph beside the simulator’s secret', () => {
    const inherited = { AZURE_FEDERATED_TOKEN_FILE: '/token', GRAPH_CLIENT_CERTIFICATE: 'pem' };
    expect(processEnvironment(inherited, { GRAPH_CLIENT_SECRET: 's' })).toEqual({ GRAPH_CLIENT_SECRET: 's' });
  });
});
