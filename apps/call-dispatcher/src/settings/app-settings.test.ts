import { loadSettings, maskedSummary, type ConfigError } from '@callbus/chassis';
import { AppSettings } from './app-settings.js';
import { APP_ID, TENANT_ID } from '../testing/dispatches.js';

const OTHER_APP_ID = 'a0f5b7c2-3d1e-4f60-8a9b-2c4d6e8f0a1b';
const SECRET = { GRAPH_APP_ID: APP_ID.toUpperCase(), GRAPH_CLIENT_SECRET: 'hunter2' };
const GRAPH_APPS = JSON.stringify([{ appId: OTHER_APP_ID, clientSecret: 'hunter3', tenants: [TENANT_ID] }]);

function faultsOf(environment: NodeJS.ProcessEnv): Record<string, string> {
  try {
    loadSettings(AppSettings, environment);
    return {};
  } catch (error) {
    return Object.fromEntries((error as ConfigError).faults.map(({ variable, message }) => [variable, message]));
  }
}

describe('AppSettings', () => {
  it('has the default app first, with its credential, and the others behind it', () => {
    expect(loadSettings(AppSettings, { ...SECRET, GRAPH_APPS }).apps()).toEqual([
      { appId: APP_ID, credential: { kind: 'secret', clientSecret: 'hunter2' }, tenants: [] },
      { appId: OTHER_APP_ID, credential: { kind: 'secret', clientSecret: 'hunter3' }, tenants: [TENANT_ID] },
    ]);
    expect(
      loadSettings(AppSettings, { GRAPH_APP_ID: APP_ID, AZURE_FEDERATED_TOKEN_FILE: '/var/run/token' }).apps(),
    ).toMatchObject([{ credential: { kind: 'federated', tokenFile: '/var/run/token' } }]);
  });

  it('shows no secret', () => {
    const summary = maskedSummary(loadSettings(AppSettings, { ...SECRET, GRAPH_APPS }));
    expect(summary).toMatchObject({ GRAPH_CLIENT_SECRET: 'configured', GRAPH_CLIENT_CERTIFICATE: 'not set' });
    expect(JSON.stringify(summary)).not.toContain('hunter');
  });

  it.each<[string, NodeJS.ProcessEnv, Record<string, unknown>]>([
    [
      'no credential',
      { GRAPH_APP_ID: APP_ID },
      {
        GRAPH_APP_ID: 'has no credential: set one of GRAPH_CLIENT_SECRET, GRAPH_CLIENT_CERTIFICATE, AZURE_FEDERATED_TOKEN_FILE',
      },
    ],
    [
      'two credentials',
      { ...SECRET, AZURE_FEDERATED_TOKEN_FILE: '/x' },
      { GRAPH_APP_ID: 'has more than one credential: leave only one of GRAPH_CLIENT_SECRET, AZURE_FEDERATED_TOKEN_FILE' },
    ],
    [
      'a certificate without its key',
      { GRAPH_APP_ID: APP_ID, GRAPH_CLIENT_CERTIFICATE: 'x' },
      { GRAPH_CLIENT_CERTIFICATE: 'must be PEM with the private key too, beside the certificate' },
    ],
    [
      'an app that is there twice',
      { ...SECRET, GRAPH_APPS: JSON.stringify([{ appId: APP_ID, clientSecret: 's' }]) },
      { GRAPH_APPS: expect.stringContaining(`has ${APP_ID} twice`) },
    ],
    ['apps that cannot be read', { ...SECRET, GRAPH_APPS: '[{}]' }, { GRAPH_APPS: expect.stringMatching(/^\[0\] appId must/) }],
    [
      'no app',
      { GRAPH_CLIENT_SECRET: 's', GRAPH_APPS },
      { GRAPH_APP_ID: expect.stringMatching(/^graphAppId must be a UUID \(it is not set\)$/) },
    ],
    [
      'all of it',
      { GRAPH_APPS: '{}', GRAPH_TENANTS: 'contoso' },
      {
        GRAPH_APP_ID: expect.stringContaining('has no credential'),
        GRAPH_APPS: 'must be a JSON list of apps',
        GRAPH_TENANTS: expect.any(String),
      },
    ],
  ])('says what to do about %s', (_, environment, faults) => {
    expect(faultsOf(environment)).toEqual(faults);
  });
});
