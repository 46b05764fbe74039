import { ConfigError, loadSettings } from '@callbus/chassis';
import { IngestSettings } from './ingest-settings.js';

const good = { KAFKA_BROKERS: '127.0.0.1:9092', CALLBACK_MAC_KEYS: 'a' };

function faultsOf(environment: NodeJS.ProcessEnv): Record<string, string> {
  try {
    loadSettings(IngestSettings, { ...good, ...environment });
    return {};
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return Object.fromEntries(error.faults.map(({ variable, message }) => [variable, message]));
  }
}

describe('IngestSettings', () => {
  it('has the global cloud’s values, and takes those of US Government clouds', () => {
    expect(loadSettings(IngestSettings, good)).toMatchObject({
      callbackIssuers: ['https://graph.microsoft.com', 'https://api.botframework.com'],
      callbackOpenIdUrl: 'https://api.aps.skype.com/v1/.well-known/OpenIdConfiguration',
      callbackLimits: { maxBodyBytes: 4 * 1024 * 1024 },
    });
    const government = {
      CALLBACK_ISSUERS: 'https://api.botframework.us,https://api.botframework.com/',
      CALLBACK_OPENID_URL: 'https://login.botframework.azure.us/v1/.well-known/openidconfiguration',
    };
    expect(loadSettings(IngestSettings, { ...good, ...government })).toMatchObject({
      callbackIssuers: ['https://api.botframework.us', 'https://api.botframework.com/'],
    });
  });

  it('bounds what faces the internet, whatever is not set', () => {
    expect(loadSettings(IngestSettings, good)).toMatchObject({
      httpLimits: {
        headersTimeoutMs: 10_000,
        requestTimeoutMs: 15_000,
        connectionsCheckIntervalMs: 2_000,
        keepAliveTimeoutMs: 75_000,
        maxConnections: 10_000,
        maxHeaderBytes: 16 * 1024,
      },
      callbackKeys: {
        clockToleranceSeconds: 120,
        maxAgeMs: 600_000,
        keepKeysMs: 24 * 3_600_000,
        withdrawnKeysMs: 60_000,
        cooldownMs: 1_000,
        maxWaitMs: 2_000,
      },
    });
  });

  it('refuses the cloud in China, with the reason', () => {
    expect(
      faultsOf({
        CALLBACK_ISSUERS: 'https://microsoftgraph.chinacloudapi.cn',
        CALLBACK_OPENID_URL: 'https://login.partner.microsoftonline.cn/common/.well-known/openid-configuration',
      }),
    ).toEqual({
      CALLBACK_ISSUERS: expect.stringContaining('Graph offers no calls'),
      CALLBACK_OPENID_URL: expect.stringContaining('Graph offers no calls'),
    });
  });

  it('asks only the receiver for what only it needs', () => {
    const none = { CALLBACK_MAC_KEYS: '' };
    expect(Object.keys(faultsOf(none))).toEqual(['CALLBACK_MAC_KEYS']);
    expect(faultsOf({ ...none, NOTIFICATION_INGEST_ROLES: 'sequencer' })).toEqual({});
  });

  it('names the limits that make no sense', () => {
    const faults = faultsOf({ CALLBACK_MAX_IN_FLIGHT: '0', HTTP_MAX_HEADER_BYTES: '10', CALLBACK_KEYS_MAX_AGE_MS: 'soon' });
    expect(Object.keys(faults).sort()).toEqual(['CALLBACK_KEYS_MAX_AGE_MS', 'CALLBACK_MAX_IN_FLIGHT', 'HTTP_MAX_HEADER_BYTES']);
  });
});
