import { randomBytes, randomUUID } from 'node:crypto';
import type { CallbackKeys } from './callback-keys.js';

/** A service, and what it cannot start without, but for Kafka. */
export interface DeployedService {
  readonly app: string;
  readonly environment: Readonly<Record<string, string>>;
}

export type Deployment = 'gateway' | 'call-dispatcher' | 'notification-receiver' | 'notification-sequencer';

/** The services on this machine alone, with the far side’s keys where the tests have them. */
export function serviceSettings(keys: CallbackKeys): Readonly<Record<Deployment, DeployedService>> {
  const macKey = randomBytes(32).toString('base64url');
  const appId = randomUUID();
  const common = { NODE_EXTRA_CA_CERTS: keys.files.caFile };
  const listener = { HTTP_HOST: '127.0.0.1', HTTP_PORT: '0' };
  return {
    gateway: {
      app: 'gateway',
      environment: {
        ...common,
        ...listener,
        GATEWAY_AUDIENCE: 'api://callbus',
        GATEWAY_ISSUERS: keys.url('/{tenantId}'),
        GATEWAY_OPENID_URL: keys.url('/openid'),
        GRAPH_APP_ID: appId,
      },
    },
    'call-dispatcher': {
      app: 'call-dispatcher',
      environment: {
        ...common,
        GRAPH_APP_ID: appId,
        GRAPH_CLIENT_SECRET: 'secret',
        GRAPH_BASE_URL: keys.url(''),
        GRAPH_AUTHORITY: keys.url(''),
        CALLBACK_MAC_KEYS: macKey,
        CALLBACK_PUBLIC_URL: 'https://callbacks.example',
      },
    },
    'notification-receiver': {
      app: 'notification-ingest',
      environment: {
        ...common,
        ...listener,
        NOTIFICATION_INGEST_ROLES: 'receiver',
        CALLBACK_MAC_KEYS: macKey,
        CALLBACK_ISSUERS: 'https://graph.microsoft.com',
        CALLBACK_OPENID_URL: keys.url('/openid'),
      },
    },
    'notification-sequencer': {
      app: 'notification-ingest',
      environment: { ...common, NOTIFICATION_INGEST_ROLES: 'sequencer' },
    },
  };
}
