import { KafkaSettings, ServiceSettings, Setting, SettingsGroup } from '@callbus/chassis';
import {
  ArrayNotEmpty,
  IsInt,
  IsOptional,
  IsString,
  IsUrl,
  IsUUID,
  Matches,
  Max,
  Min,
  ValidateBy,
  ValidateIf,
} from 'class-validator';
import { readTenantsByCaller, type TenantsByCaller } from './caller-tenants.js';

function AreTenantsByCaller(): PropertyDecorator {
  const validate = (value: unknown): boolean => readTenantsByCaller(value) !== null;
  const defaultMessage = (): string => 'must be a JSON object: application id of the caller → list of tenant ids';
  return ValidateBy({ name: 'tenantsByCaller', validator: { validate, defaultMessage } });
}

export class GatewaySettings extends ServiceSettings {
  @SettingsGroup(KafkaSettings)
  kafka!: KafkaSettings;

  @Setting('HTTP_PORT', { kind: 'integer', describe: 'Port of the HTTP API; 0 takes a free one' })
  @IsInt()
  @Min(0)
  @Max(65535)
  httpPort: number = 3000;

  @Setting('HTTP_HOST', { describe: 'Address that it listens on' })
  @IsString()
  httpHost: string = '0.0.0.0';

  @Setting('TLS_CERT', { describe: 'PEM of the server’s certificate; without it the gateway speaks http' })
  @IsOptional()
  @Matches(/-----BEGIN CERTIFICATE-----/, { message: 'must be a certificate in PEM' })
  tlsCert?: string;

  @Setting('TLS_KEY', { describe: 'PEM of the certificate’s key', secret: true })
  @ValidateIf(({ tlsCert }: GatewaySettings) => tlsCert !== undefined)
  @Matches(/-----BEGIN [A-Z ]*PRIVATE KEY-----/, { message: 'must be a private key in PEM' })
  tlsKey?: string;

  @Setting('GRAPH_APP_ID', { describe: 'Application (client) id that calls are placed as' })
  @IsUUID('all')
  graphAppId!: string;

  @Setting('GATEWAY_ISSUERS', { kind: 'list', describe: 'Issuers of callers’ tokens; {tenantId} stands for the token’s tid' })
  @ArrayNotEmpty()
  issuers: string[] = ['https://login.microsoftonline.com/{tenantId}/v2.0'];

  @Setting('GATEWAY_AUDIENCE', { describe: 'Audience of callers’ tokens' })
  @IsString()
  audience!: string;

  @Setting('GATEWAY_OPENID_URL', { describe: 'OpenID document that names the keys of callers’ tokens' })
  @IsUrl({ protocols: ['https'], require_tld: false, require_protocol: true }, { message: 'must be an https address' })
  openIdUrl: string = 'https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration';

  @Setting('GATEWAY_TENANTS', {
    kind: 'json',
    describe: 'Tenants that a caller may place calls in, {"<application id>": ["<tenant id>", …]}; by default its own only',
  })
  @AreTenantsByCaller()
  tenants: unknown = {};

  @Setting('GATEWAY_MAX_BODY_BYTES', { kind: 'integer', describe: 'Bytes that a request’s body may have; a larger one gets 413' })
  @IsInt()
  @Min(1_024)
  @Max(1024 * 1024)
  maxBodyBytes: number = 256 * 1024;

  @Setting('GATEWAY_SEND_TIMEOUT_MS', {
    kind: 'integer',
    describe: 'Milliseconds within which Kafka must have a command, else the caller gets 503',
  })
  @IsInt()
  @Min(100)
  @Max(60_000)
  sendTimeoutMs: number = 5_000;

  @Setting('GATEWAY_WAIT_FOR_CALL_MS', {
    kind: 'integer',
    describe: 'Milliseconds that a GET waits for a call that was only just accepted',
  })
  @IsInt()
  @Min(0)
  @Max(60_000)
  waitForCallMs: number = 2_000;

  /** The settings were validated, so this reads them without fault. */
  tenantsByCaller(): TenantsByCaller {
    return readTenantsByCaller(this.tenants) ?? new Map();
  }
}
