import { ConfigError, loadSettings } from '@callbus/chassis';
import { CALLING_ROLES } from '@callbus/graph';
import { SimulatorSettings } from './simulator-settings.js';

const pem = (kind: string) => `-----BEGIN ${kind}-----\nAA==\n-----END ${kind}-----`;
const apps = [
  { clientId: 'bot', clientSecret: 's', kind: 'bot' },
  { clientId: 'caller', clientSecret: 's', kind: 'caller' },
  { clientId: 'poor', clientSecret: 's', kind: 'caller', roles: [] },
];
const good = { TLS_CERT: pem('CERTIFICATE'), TLS_KEY: pem('PRIVATE KEY'), SIMULATOR_APPS: JSON.stringify(apps) };

function faultsOf(environment: NodeJS.ProcessEnv): Record<string, string> {
  try {
    loadSettings(SimulatorSettings, { ...good, ...environment });
    return {};
  } catch (error) {
    return Object.fromEntries((error as ConfigError).faults.map(({ variable, message }) => [variable, message]));
  }
}

describe('SimulatorSettings', () => {
  it('gives bots all of Graph’s calling roles and callers the gateway’s, unless told otherwise', () => {
    const registered = loadSettings(SimulatorSettings, good).registeredApps();
    expect(registered.map(({ clientId, roles }) => [clientId, roles])).toEqual([
      ['bot', CALLING_ROLES],
      ['caller', ['Calls.Create', 'Calls.Read', 'Calls.End']],
      ['poor', []],
    ]);
  });

  it('lets a demonstration call last about two seconds', () => {
    const { establishMs, ringMs, talkMs, hangUpMs } = loadSettings(SimulatorSettings, good);
    expect(establishMs + ringMs + talkMs + hangUpMs).toBeLessThanOrEqual(2_500);
  });

  it.each([
    ['SIMULATOR_PUBLIC_URL', 'http://localhost:4443'],
    ['SIMULATOR_PUBLIC_URL', 'https://localhost:4443/'],
    ['SIMULATOR_APPS', '{}'],
    ['SIMULATOR_APPS', '[{"clientId":"x"}]'],
    ['SIMULATOR_APPS', '[{"clientId":"x","clientSecret":"y","kind":"robot"}]'],
    ['SIMULATOR_APPS', '[{"clientId":"x","clientSecret":"y","kind":"bot","roles":"all"}]'],
    ['TLS_CERT', 'x'],
    ['TLS_KEY', 'x'],
  ])('refuses %s %s', (variable, value) => {
    expect(Object.keys(faultsOf({ [variable]: value }))).toEqual([variable]);
  });
});
