import { ConfigError } from './errors.js';
import { KafkaSettings } from './kafka-settings.js';
import { loadSettings, maskedSummary } from './settings.js';

const brokers = { KAFKA_BROKERS: 'kafka:9093' };
const CERT = '-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----';
const KEY = '-----BEGIN PRIVATE KEY-----\nMA==\n-----END PRIVATE KEY-----';
const user = { KAFKA_SASL_USERNAME: 'gateway', KAFKA_SASL_PASSWORD: 'hunter2' };
const tls = { KAFKA_SSL_ENABLED: 'true', KAFKA_SSL_CA: CERT };

function faultsOf(environment: NodeJS.ProcessEnv): readonly string[] {
  try {
    loadSettings(KafkaSettings, { ...brokers, ...environment });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map(({ variable }) => variable).sort();
  }
}

it.each<[string, NodeJS.ProcessEnv]>([
  ['nothing', {}],
  ['TLS that trusts whom Node trusts', { KAFKA_SSL_ENABLED: 'true' }],
  ['TLS with an authority', tls],
  ['mTLS', { ...tls, KAFKA_SSL_CERT: CERT, KAFKA_SSL_KEY: KEY }],
  ['plain', { ...tls, ...user, KAFKA_SASL_MECHANISM: 'plain' }],
  ['SCRAM', { ...tls, ...user, KAFKA_SASL_MECHANISM: 'scram-sha-512' }],
  ['tokens', { ...tls, ...user, KAFKA_SASL_MECHANISM: 'oauthbearer', KAFKA_SASL_TOKEN_URL: 'https://login.example/token' }],
])('takes %s', (_what, environment) => {
  expect(faultsOf(environment)).toEqual([]);
});

it.each<[string, NodeJS.ProcessEnv, readonly string[]]>([
  ['an authority without TLS', { KAFKA_SSL_CA: CERT }, ['KAFKA_SSL_ENABLED']],
  ['a path for a certificate', { ...tls, KAFKA_SSL_CA: '/etc/ca.pem' }, ['KAFKA_SSL_CA']],
  ['a certificate without its key', { ...tls, KAFKA_SSL_CERT: CERT }, ['KAFKA_SSL_KEY']],
  ['a key without its certificate', { ...tls, KAFKA_SSL_KEY: KEY }, ['KAFKA_SSL_CERT']],
  ['a mechanism without a user', { KAFKA_SASL_MECHANISM: 'plain' }, ['KAFKA_SASL_PASSWORD', 'KAFKA_SASL_USERNAME']],
  ['a user without a mechanism', user, ['KAFKA_SASL_MECHANISM']],
  ['an unknown mechanism', { ...user, KAFKA_SASL_MECHANISM: 'gssapi' }, ['KAFKA_SASL_MECHANISM']],
  ['tokens from nowhere', { ...user, KAFKA_SASL_MECHANISM: 'oauthbearer' }, ['KAFKA_SASL_TOKEN_URL']],
  [
    'a token endpoint without TLS',
    { ...user, KAFKA_SASL_MECHANISM: 'oauthbearer', KAFKA_SASL_TOKEN_URL: 'http://login.example' },
    ['KAFKA_SASL_TOKEN_URL'],
  ],
])('refuses %s', (_what, environment, variables) => {
  expect(faultsOf(environment)).toEqual(variables);
});

it('shows no password and no key', () => {
  const all = { ...brokers, ...tls, ...user, KAFKA_SASL_MECHANISM: 'plain', KAFKA_SSL_CERT: CERT, KAFKA_SSL_KEY: KEY };
  const summary = maskedSummary(loadSettings(KafkaSettings, all));
  expect(summary).toMatchObject({ KAFKA_SASL_PASSWORD: 'configured', KAFKA_SSL_KEY: 'configured' });
  expect(JSON.stringify(summary)).not.toMatch(/hunter2|PRIVATE KEY/);
});
