import { loadSettings } from '@callbus/chassis';
import { OperatorSettings } from './operator-settings.js';

const APP_ID = '2891555a-92ff-42e6-80fa-6e1300c6b5c6';
const OTHER_APP_ID = '5c2e8f4a-1f0b-4f3e-9b51-2d6f0c7a9e11';
const settings = (environment: NodeJS.ProcessEnv): OperatorSettings =>
  loadSettings(OperatorSettings, { KAFKA_BROKERS: 'localhost:9092', ...environment });

it('needs no more than Kafka', () => {
  expect(settings({}).apps()).toEqual([]);
  expect(() => loadSettings(OperatorSettings, {})).toThrow('KAFKA_BROKERS');
});

it('knows all app registrations, as the dispatcher is told them', () => {
  const further = JSON.stringify([{ appId: OTHER_APP_ID, federatedTokenFile: '/var/run/token', tenants: [APP_ID] }]);
  const apps = settings({ GRAPH_APP_ID: APP_ID.toUpperCase(), GRAPH_CLIENT_SECRET: 's', GRAPH_APPS: further }).apps();
  expect(apps).toEqual([
    { appId: APP_ID, credential: { kind: 'secret', clientSecret: 's' }, tenants: [] },
    { appId: OTHER_APP_ID, credential: { kind: 'federated', tokenFile: '/var/run/token' }, tenants: [APP_ID] },
  ]);
});

it('says that an app has no credential', () => {
  expect(() => settings({ GRAPH_APP_ID: APP_ID }).apps()).toThrow('no credential');
});
