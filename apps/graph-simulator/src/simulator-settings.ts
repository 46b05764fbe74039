import { ServiceSettings, Setting } from '@callbus/chassis';
import { IsInt, IsOptional, IsString, IsUrl, Matches, Max, Min, ValidateBy } from 'class-validator';
import { readRegisteredApps, type RegisteredApp } from './tokens/registered-apps.js';

const DAY_MS = 24 * 60 * 60 * 1_000;

function AreRegisteredApps(): PropertyDecorator {
  let fault = '';
  const validate = (value: unknown): boolean => {
    try {
      readRegisteredApps(value);
      return true;
    } catch (error) {
      fault = (error as Error).message;
      return false;
    }
  };
  return ValidateBy({ name: 'registeredApps', validator: { validate, defaultMessage: () => fault } });
}

export class SimulatorSettings extends ServiceSettings {
  @Setting('HTTP_PORT', { kind: 'integer', describe: 'Port of the https server; 0 takes a free one' })
  @IsInt()
  @Min(0)
  @Max(65535)
  httpPort: number = 4443;

  @Setting('HTTP_HOST', { describe: 'Address that the https server listens on' })
  @IsString()
  httpHost: string = '127.0.0.1';

  @Setting('TLS_CERT', { describe: 'PEM of the server’s certificate, with those between it and the authority' })
  @Matches(/-----BEGIN CERTIFICATE-----/, { message: 'must be a certificate in PEM' })
  tlsCert!: string;

  @Setting('TLS_KEY', { describe: 'PEM of the certificate’s key', secret: true })
  @Matches(/-----BEGIN [A-Z ]*PRIVATE KEY-----/, { message: 'must be a private key in PEM' })
  tlsKey!: string;

  @Setting('SIMULATOR_PUBLIC_URL', {
    describe: 'Origin under which clients reach the simulator: as Graph and as the token authority',
  })
  @IsUrl({ protocols: ['https'], require_tld: false, require_protocol: true }, { message: 'must be an https origin' })
  @Matches(/^https:\/\/[^/]+$/, { message: 'must be an origin, without a path or a slash at its end' })
  publicUrl: string = 'https://localhost:4443';

  @Setting('SIMULATOR_APPS', {
    kind: 'json',
    secret: true,
    describe:
      'App registrations: [{clientId, kind: bot or caller, roles?, displayName?, and clientSecret, certificate or federatedCredential {issuer, subject, publicKey, audience?}}]',
  })
  @AreRegisteredApps()
  apps!: unknown;

  @Setting('SIMULATOR_GATEWAY_AUDIENCE', { describe: 'Identifier of the gateway as a resource, for callers’ tokens' })
  @IsString()
  gatewayAudience: string = 'api://callbus';

  @Setting('SIMULATOR_CALLBACK_ISSUER', { describe: 'Issuer in the tokens of callbacks' })
  @IsString()
  callbackIssuer: string = 'https://graph.microsoft.com';

  @Setting('SIMULATOR_TOKEN_SECONDS', { kind: 'integer', describe: 'Seconds that an app’s token lives' })
  @IsInt()
  @Min(1)
  @Max(86_400)
  tokenSeconds: number = 3_599;

  @Setting('SIMULATOR_ESTABLISH_MS', { kind: 'integer', describe: 'Milliseconds from the create to establishing' })
  @IsInt()
  @Min(0)
  @Max(DAY_MS)
  establishMs: number = 50;

  @Setting('SIMULATOR_RING_MS', { kind: 'integer', describe: 'Milliseconds from establishing to established' })
  @IsInt()
  @Min(0)
  @Max(DAY_MS)
  ringMs: number = 500;

  @Setting('SIMULATOR_TALK_MS', { kind: 'integer', describe: 'Milliseconds from established to terminating' })
  @IsInt()
  @Min(0)
  @Max(DAY_MS)
  talkMs: number = 1_200;

  @Setting('SIMULATOR_HANGUP_MS', { kind: 'integer', describe: 'Milliseconds from terminating to terminated' })
  @IsInt()
  @Min(0)
  @Max(DAY_MS)
  hangUpMs: number = 200;

  @Setting('SIMULATOR_KEEP_ALIVE_MS', { kind: 'integer', describe: 'Milliseconds without keepAlive after which a call is ended' })
  @IsInt()
  @Min(1)
  @Max(DAY_MS)
  keepAliveMs: number = 45 * 60 * 1_000;

  @Setting('SIMULATOR_CALLBACK_TIMEOUT_MS', { kind: 'integer', describe: 'Milliseconds that a callback may take' })
  @IsInt()
  @Min(1)
  @Max(DAY_MS)
  callbackTimeoutMs: number = 15_000;

  @Setting('SIMULATOR_RECORDS', { kind: 'integer', describe: 'How many POSTs and how many callbacks are remembered' })
  @IsOptional()
  @IsInt()
  @Min(1)
  records: number = 100_000;

  /** The settings were validated, so this reads them without fault. */
  registeredApps(): readonly RegisteredApp[] {
    return readRegisteredApps(this.apps);
  }
}
