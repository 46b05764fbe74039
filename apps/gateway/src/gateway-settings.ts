import { isIP } from 'node:net';
import {
  HttpLimits,
  KafkaSettings,
  ServiceSettings,
  Setting,
  SettingsGroup,
  signingKeySettings,
  type SigningKeySettings,
} from '@callbus/chassis';
import { AreTenantsByCaller, CALL_LIMITS, readTenantsByCaller, type TenantsByCaller } from '@callbus/graph';
import {
  ArrayNotEmpty,
  IsBoolean,
  IsFQDN,
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
import type { RoleNames } from './callers/caller-rights.js';

export const CallerKeySettings = signingKeySettings('GATEWAY', 'request');

function AreNetworks(): PropertyDecorator {
  const validate = (value: unknown): boolean => Array.isArray(value) && value.every(isNetwork);
  const defaultMessage = (): string => 'each must be an IP address or a network such as 10.0.0.0/8';
  return ValidateBy({ name: 'areNetworks', validator: { validate, defaultMessage } });
}

function isNetwork(value: unknown): boolean {
  const [, address = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(String(value)) ?? [];
  const version = isIP(address);
  return version !== 0 && Number(bits ?? 1) >= 1 && Number(bits ?? 1) <= (version === 4 ? 32 : 128);
}

export class GatewaySettings extends ServiceSettings {
  @SettingsGroup(KafkaSettings)
  kafka!: KafkaSettings;

  @SettingsGroup(HttpLimits)
  httpLimits!: HttpLimits;

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

  @Setting('GATEWAY_PUBLIC_URL', {
    describe:
      'Address that callers know the gateway by, for Location and next links; without it these are paths, which Graph’s SDKs do not follow from page to page',
  })
  @IsOptional()
  @IsUrl({ protocols: ['https', 'http'], require_tld: false, require_protocol: true })
  publicUrl?: string;

  @Setting('GATEWAY_SWAGGER_UI', {
    describe:
      'Path of the OpenAPI document that Swagger UI shows to everybody at /swagger-ui, for development; without it there is none',
  })
  @IsOptional()
  @IsString()
  swaggerUi?: string;

  @Setting('GRAPH_APP_ID', { describe: 'Application (client) id that calls are placed as' })
  @IsUUID('all')
  graphAppId!: string;

  @Setting('GATEWAY_ISSUERS', {
    kind: 'list',
    describe:
      'Issuers of callers’ tokens; {tenantId} takes those of every tenant of the provider: name the issuer of each tenant to take no others',
  })
  @ArrayNotEmpty()
  issuers: string[] = ['https://login.microsoftonline.com/{tenantId}/v2.0'];

  @Setting('GATEWAY_AUDIENCE', { describe: 'Audience of callers’ tokens' })
  @IsString()
  audience!: string;

  @Setting('GATEWAY_OPENID_URL', { describe: 'OpenID document that names the keys of callers’ tokens' })
  @IsUrl({ protocols: ['https'], require_tld: false, require_protocol: true }, { message: 'must be an https address' })
  openIdUrl: string = 'https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration';

  @SettingsGroup(CallerKeySettings)
  callerKeys!: SigningKeySettings;

  @Setting('GATEWAY_TENANTS', {
    kind: 'json',
    describe:
      'Tenants that a caller may act in, {"<tenant id of its tokens>/<application id>": ["<tenant id>", …]}; by default its own only',
  })
  @AreTenantsByCaller()
  tenants: unknown = {};

  @Setting('GATEWAY_ROLE_CREATE', { describe: 'Role that a caller’s token needs to place calls' })
  @IsString()
  roleCreate: string = 'Calls.Create';

  @Setting('GATEWAY_ROLE_READ', { describe: 'Role that it needs to read calls and their histories' })
  @IsString()
  roleRead: string = 'Calls.Read';

  @Setting('GATEWAY_ROLE_END', { describe: 'Role that it needs to end calls' })
  @IsString()
  roleEnd: string = 'Calls.End';

  @Setting('GATEWAY_DELEGATED_TOKENS', {
    kind: 'boolean',
    describe:
      'Whether tokens of people count too, with their scopes as roles and the tenants of their application; else only those of applications',
  })
  @IsBoolean()
  delegatedTokens: boolean = false;

  @Setting('GATEWAY_MEDIA_HOSTS', {
    kind: 'list',
    describe: 'Hosts from which calls may have media fetched, over https; none by default',
  })
  @IsFQDN({}, { each: true, message: 'each must be the name of a host' })
  mediaHosts: string[] = [];

  @Setting('GATEWAY_REQUESTS_PER_SECOND', {
    kind: 'integer',
    describe: 'Requests that a caller may make in a second, of each process; further ones get 429',
  })
  @IsInt()
  @Min(1)
  requestsPerSecond: number = 100;

  @Setting('GATEWAY_UNPROVEN_REQUESTS_PER_SECOND', {
    kind: 'integer',
    describe:
      'Requests per second that one address may make of each process with no token or with one that cannot be proven; further ones get 429, unless their tokens are plausible',
  })
  @IsInt()
  @Min(1)
  unprovenRequestsPerSecond: number = 100;

  @Setting('GATEWAY_PLAUSIBLE_TOKENS_PER_SECOND', {
    kind: 'integer',
    describe:
      'Tokens per second that each process checks in all beyond that, if a known key fits their header and their claims are acceptable; further ones get 429',
  })
  @IsInt()
  @Min(0)
  plausibleTokensPerSecond: number = 200;

  @Setting('GATEWAY_TRUSTED_PROXIES', {
    kind: 'list',
    describe:
      'Addresses, or networks such as 10.0.0.0/8, of proxies whose X-Forwarded-For names the address of a request; else it is that of the connection',
  })
  @AreNetworks()
  trustedProxies: string[] = [];

  @Setting('GATEWAY_READ_MS_PER_SECOND', {
    kind: 'integer',
    describe: 'Milliseconds per second for which one caller’s reads of calls may keep a process busy; further reads get 429',
  })
  @IsInt()
  @Min(1)
  @Max(1_000)
  readMsPerSecond: number = 200;

  @Setting('GATEWAY_MAX_BODY_BYTES', { kind: 'integer', describe: 'Bytes that a request’s body may have; a larger one gets 413' })
  @IsInt()
  @Min(1_024)
  @Max(1024 * 1024)
  maxBodyBytes: number = 256 * 1024;

  @Setting('CALL_MAX_BYTES', {
    kind: 'integer',
    describe: 'Largest call, in bytes of canonical JSON; a larger create gets 400. At most the dispatcher’s limit',
  })
  @IsInt()
  @Min(4_096)
  @Max(512 * 1024)
  callMaxBytes: number = CALL_LIMITS.bytes;

  @Setting('GATEWAY_WAITING_MAX_BYTES', {
    kind: 'integer',
    describe:
      'Most bytes per tenant of creates that this process has sent and whose outcome it does not know yet, each plus 1 KiB; further creates get 429',
  })
  @IsInt()
  @Min(64 * 1024)
  waitingMaxBytes: number = 32 * 1024 * 1024;

  @Setting('GATEWAY_UNKNOWN_ENDS_PER_MINUTE', {
    kind: 'integer',
    describe: 'Most DELETEs of unknown calls per caller and minute, in each process; further ones get 429',
  })
  @IsInt()
  @Min(1)
  unknownEndsPerMinute: number = 60;

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
    describe: 'Milliseconds that a GET or a DELETE waits for a call that was only just accepted',
  })
  @IsInt()
  @Min(0)
  @Max(60_000)
  waitForCallMs: number = 2_000;

  @Setting('GATEWAY_MAX_WAIT_SECONDS', {
    kind: 'integer',
    describe: 'Seconds that a create waits for its outcome at most, when its caller prefers to wait',
  })
  @IsInt()
  @Min(0)
  @Max(3_600)
  maxWaitSeconds: number = 60;

  @Setting('GATEWAY_WAIT_FOR_ANSWER_MS', {
    kind: 'integer',
    describe:
      'Milliseconds that such a create still waits for Graph’s answer, with all members of the call, when a callback has proven the call before',
  })
  @IsInt()
  @Min(0)
  @Max(60_000)
  waitForAnswerMs: number = 1_000;

  @Setting('GATEWAY_READ_TIMEOUT_MS', {
    kind: 'integer',
    describe: 'Milliseconds that Kafka may take to give the next event of a history, else the caller gets 503',
  })
  @IsInt()
  @Min(100)
  @Max(120_000)
  readTimeoutMs: number = 15_000;

  @Setting('GATEWAY_MAX_EVENT_READERS', {
    kind: 'integer',
    describe:
      'Histories that a process reads at once, live ones included; a further one ends a live one of the caller with the most, or gets 503',
  })
  @IsInt()
  @Min(1)
  @Max(1_000)
  maxEventReaders: number = 50;

  @Setting('GATEWAY_MAX_EVENT_READERS_PER_CALLER', {
    kind: 'integer',
    describe: 'Those of them that are one caller’s; further ones get 429',
  })
  @IsInt()
  @Min(1)
  @Max(1_000)
  maxEventReadersPerCaller: number = 25;

  @Setting('GATEWAY_STREAM_LIFE_MS', {
    kind: 'integer',
    describe: 'Milliseconds after which a live history ends; its reader comes back with a token that is checked anew',
  })
  @IsInt()
  @Min(1_000)
  @Max(24 * 60 * 60_000)
  streamLifeMs: number = 10 * 60_000;

  @Setting('GATEWAY_HEARTBEAT_MS', {
    kind: 'integer',
    describe: 'Milliseconds of silence after which a live history shows that it is still there',
  })
  @IsInt()
  @Min(100)
  @Max(10 * 60_000)
  heartbeatMs: number = 15_000;

  /** The settings were validated, so this reads them without fault. */
  tenantsByCaller(): TenantsByCaller {
    return readTenantsByCaller(this.tenants);
  }

  roleNames(): RoleNames {
    return { 'Calls.Create': this.roleCreate, 'Calls.Read': this.roleRead, 'Calls.End': this.roleEnd };
  }
}
