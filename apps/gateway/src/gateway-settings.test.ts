import { ConfigError, loadSettings } from '@callbus/chassis';
import { GatewaySettings } from './gateway-settings.js';

const HOME = 'aaaabbbb-0000-4ccc-8ddd-2222eeee3333';
const APP = '00001111-aaaa-4222-bbbb-3333cccc4444';
const ENVIRONMENT = { GRAPH_APP_ID: APP, GATEWAY_AUDIENCE: 'api://callbus', KAFKA_BROKERS: '127.0.0.1:9092' };

function faultOf(changes: Record<string, string>): string {
  try {
    loadSettings(GatewaySettings, { ...ENVIRONMENT, ...changes });
    return '';
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message;
  }
}

describe('the settings of the gateway', () => {
  it('name callers with their tenant; a caller without one ends the start and is told how it is written', () => {
    expect(faultOf({ GATEWAY_TENANTS: JSON.stringify({ [`${HOME}/${APP}`]: [HOME] }) })).toBe('');
    const fault = faultOf({ GATEWAY_TENANTS: JSON.stringify({ [APP]: [HOME] }) });
    expect(fault).toContain('GATEWAY_TENANTS');
    expect(fault).toContain(`{"<tenant id>/${APP}": ["${HOME}"]}`);
  });

  it.each(['127.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8, 192.0.2.7'])('take %s for trusted proxies', (proxies) => {
    expect(faultOf({ GATEWAY_TRUSTED_PROXIES: proxies })).toBe('');
  });

  it.each(['*', 'proxy.example', '10.0.0.0/33', '10.0.0.0/0', '10.0.0.0/8/8', 'true'])(
    'do not take %s for trusted proxies',
    (proxies) => {
      expect(faultOf({ GATEWAY_TRUSTED_PROXIES: proxies })).toContain('each must be an IP address or a network');
    },
  );
});
