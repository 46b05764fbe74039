import { userInfo } from 'node:os';
import { KafkaSettings, Setting, SettingsGroup } from '@callbus/chassis';
import { readCredential, readGraphApps, type ConfiguredApp } from '@callbus/graph';
import { IsBoolean, IsIn, IsInt, IsOptional, IsString, IsUrl, IsUUID, Matches, Max, Min } from 'class-validator';

const HTTPS = { protocols: ['https'], require_tld: false, require_protocol: true };

/** What the `callbus` command reads of its environment. All but `doctor` need no more than Kafka. */
export class OperatorSettings {
  @SettingsGroup(KafkaSettings)
  kafka!: KafkaSettings;

  @Setting('GRAPH_BASE_URL', { describe: 'Origin of Microsoft Graph, as the dispatcher has it; for doctor, as all that follow' })
  @IsUrl(HTTPS, { message: 'must be an https origin' })
  graphBaseUrl: string = 'https://graph.microsoft.com';

  @Setting('GRAPH_AUTHORITY', { describe: 'Origin that gives the app’s tokens' })
  @IsUrl(HTTPS, { message: 'must be an https origin' })
  graphAuthority: string = 'https://login.microsoftonline.com';

  @Setting('GRAPH_APP_ID', { describe: 'Application (client) id of the app registration that calls' })
  @IsOptional()
  @IsUUID('all')
  graphAppId?: string;

  @Setting('GRAPH_CLIENT_SECRET', { describe: 'Its credential: a client secret', secret: true })
  @IsOptional()
  @IsString()
  graphClientSecret?: string;

  @Setting('GRAPH_CLIENT_CERTIFICATE', { describe: 'Or instead: PEM of a certificate with its private key', secret: true })
  @IsOptional()
  @IsString()
  graphClientCertificate?: string;

  @Setting('AZURE_FEDERATED_TOKEN_FILE', { describe: 'Or instead: path of a file with a federated token' })
  @IsOptional()
  @IsString()
  azureFederatedTokenFile?: string;

  @Setting('GRAPH_APPS', { kind: 'json', secret: true, describe: 'Further app registrations, as the dispatcher has them' })
  @IsOptional()
  graphApps?: unknown;

  @Setting('GRAPH_TENANTS', { kind: 'list', describe: 'Tenants whose tokens doctor asks for' })
  @IsUUID('all', { each: true })
  graphTenants: string[] = [];

  @Setting('CALLBACK_PUBLIC_URL', { describe: 'Where Graph reaches the receiver, in front of /v1/callbacks' })
  @IsOptional()
  @IsUrl(HTTPS, { message: 'must be an https address' })
  @Matches(/[^/]$/, { message: 'must not end with a slash' })
  callbackPublicUrl?: string;

  @Setting('CALLBACK_OPENID_URL', { describe: 'OpenID document that names the keys of callback tokens' })
  @IsUrl(HTTPS, { message: 'must be an https address' })
  callbackOpenIdUrl: string = 'https://api.aps.skype.com/v1/.well-known/OpenIdConfiguration';

  @Setting('GATEWAY_ISSUERS', { kind: 'list', describe: 'Issuers of callers’ tokens, as the gateway has them' })
  @IsOptional()
  gatewayIssuers?: string[];

  @Setting('GATEWAY_TENANTS', { kind: 'json', describe: 'Tenants that callers may act in, as the gateway has them' })
  @IsOptional()
  gatewayTenants?: unknown;

  @Setting('GATEWAY_DELEGATED_TOKENS', {
    kind: 'boolean',
    describe: 'Whether tokens of people count at the gateway, as it has it',
  })
  @IsOptional()
  @IsBoolean()
  gatewayDelegatedTokens?: boolean;

  @Setting('SNAPSHOT_RETENTION_DAYS', {
    kind: 'integer',
    describe: 'Days after a call’s end after which its snapshot is deleted, as the sequencers have it',
  })
  @IsInt()
  @Min(8)
  @Max(3_650)
  snapshotRetentionDays: number = 35;

  @Setting('DOCTOR_TIMEOUT_MS', { kind: 'integer', describe: 'Milliseconds that one check of doctor may take' })
  @IsInt()
  @Min(100)
  @Max(600_000)
  doctorTimeoutMs: number = 15_000;

  @Setting('DOCTOR_MAX_CLOCK_SKEW_MS', {
    kind: 'integer',
    describe: 'Milliseconds that this machine’s clock may differ from the others’',
  })
  @IsInt()
  @Min(1_000)
  maxClockSkewMs: number = 5_000;

  @Setting('DOCTOR_CERTIFICATE_DAYS', {
    kind: 'integer',
    describe: 'Days that the callback address’s certificate must still be valid, else doctor warns',
  })
  @IsInt()
  @Min(0)
  certificateDays: number = 14;

  @Setting('OPERATOR_NAME', { describe: 'Who releases a call, when --operator does not say it; the user’s name when not set' })
  @IsString()
  operatorName: string = '';

  @Setting('OPERATOR_WAIT_MS', {
    kind: 'integer',
    describe: 'Milliseconds that place, release and end wait for what comes of their command',
  })
  @IsInt()
  @Min(1_000)
  @Max(3_600_000)
  waitMs: number = 60_000;

  @Setting('OPERATOR_READ_TIMEOUT_MS', {
    kind: 'integer',
    describe: 'Milliseconds without a record after which the read of a topic fails; the whole read may take longer',
  })
  @IsInt()
  @Min(1_000)
  readTimeoutMs: number = 60_000;

  @Setting('TRUSTED_CA', { describe: 'PEM of further certificate authorities to trust, beside NODE_EXTRA_CA_CERTS' })
  @IsOptional()
  @Matches(/-----BEGIN CERTIFICATE-----/, { message: 'must be certificates in PEM' })
  trustedCa?: string;

  @Setting('LOG_LEVEL', { describe: 'fatal, error, warn, info, debug or trace: what is said of Kafka on standard error' })
  @IsIn(['fatal', 'error', 'warn', 'info', 'debug', 'trace'])
  logLevel: string = 'fatal';

  /**
   * The app registrations; none when GRAPH_APP_ID is not set.
   * @throws Error that says what is wrong with a credential
   */
  apps(): readonly ConfiguredApp[] {
    if (this.graphAppId === undefined) return [];
    const credential = readCredential({
      clientSecret: this.graphClientSecret,
      certificate: this.graphClientCertificate,
      federatedTokenFile: this.azureFederatedTokenFile,
    });
    return [{ appId: this.graphAppId.toLowerCase(), credential, tenants: [] }, ...readGraphApps(this.graphApps ?? [])];
  }
}

export function operatorName(settings: OperatorSettings): string {
  return settings.operatorName || userInfo().username;
}
