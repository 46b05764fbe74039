import { ConfigError, loadSettings } from '@callbus/chassis';
import { answersMsOf, DispatcherSettings } from './dispatcher-settings.js';

const good = {
  KAFKA_BROKERS: '127.0.0.1:9092',
  GRAPH_APP_ID: '2891555a-92ff-42e6-80fa-6e1300c6b5c6',
  GRAPH_CLIENT_SECRET: 'secret',
  CALLBACK_PUBLIC_URL: 'https://callbacks.contoso.com',
  CALLBACK_MAC_KEYS: 'a',
};

describe('DispatcherSettings', () => {
  it('leave a shutdown time to write what came of the creates, whatever Graph’s time-outs are', () => {
    expect([25_000, 4_000, 0].map((shutdownTimeoutMs) => answersMsOf({ shutdownTimeoutMs }))).toEqual([20_000, 2_000, 0]);
  });

  it('takes the addresses of a US Government cloud', () => {
    const government = { GRAPH_BASE_URL: 'https://dod-graph.microsoft.us', GRAPH_AUTHORITY: 'https://login.microsoftonline.us' };
    expect(loadSettings(DispatcherSettings, { ...good, ...government })).toMatchObject({
      graphBaseUrl: 'https://dod-graph.microsoft.us',
    });
  });

  it('refuses the cloud in China at the start, with the reason', () => {
    const china = {
      GRAPH_BASE_URL: 'https://microsoftgraph.chinacloudapi.cn',
      GRAPH_AUTHORITY: 'https://login.chinacloudapi.cn',
    };
    expect(() => loadSettings(DispatcherSettings, { ...good, ...china })).toThrow(
      expect.objectContaining({
        constructor: ConfigError,
        faults: ['GRAPH_BASE_URL', 'GRAPH_AUTHORITY'].map((variable) => ({
          variable,
          message: expect.stringContaining('Graph offers no calls'),
        })),
      }),
    );
  });
});
