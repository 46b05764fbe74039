import { KafkaSettings, ServiceSettings, Setting, SettingsGroup } from '@callbus/chassis';
import { CALL_LIMITS, IsInCloudWithCalls } from '@callbus/graph';
import { ArrayNotEmpty, IsBoolean, IsFQDN, IsInt, IsUrl, Matches, Max, Min } from 'class-validator';
import { AppSettings } from './app-settings.js';

const DAY_MS = 24 * 60 * 60 * 1_000;
const MIB = 1024 * 1024;

export class DispatcherSettings extends ServiceSettings {
  @SettingsGroup(KafkaSettings)
  kafka!: KafkaSettings;

  @SettingsGroup(AppSettings)
  app!: AppSettings;

  @Setting('GRAPH_BASE_URL', { describe: 'Origin of Microsoft Graph, in front of /v1.0' })
  @IsUrl({ protocols: ['https'], require_tld: false, require_protocol: true }, { message: 'must be an https origin' })
  @IsInCloudWithCalls()
  graphBaseUrl: string = 'https://graph.microsoft.com';

  @Setting('GRAPH_AUTHORITY', { describe: 'Origin that gives the app’s tokens' })
  @IsUrl({ protocols: ['https'], require_tld: false, require_protocol: true }, { message: 'must be an https origin' })
  @IsInCloudWithCalls()
  graphAuthority: string = 'https://login.microsoftonline.com';

  @Setting('GRAPH_TOKEN_TIMEOUT_MS', { kind: 'integer', describe: 'Milliseconds for a whole request to that authority' })
  @IsInt()
  @Min(100)
  @Max(60_000)
  graphTokenTimeoutMs: number = 5_000;

  @Setting('GRAPH_CHECK_ROLES', {
    kind: 'boolean',
    describe:
      'Whether a call fails before it is dialled when the app’s token lacks a role that it needs; false where consent is given for single chats or meetings, which no token shows',
  })
  @IsBoolean()
  graphCheckRoles: boolean = true;

  @Setting('GRAPH_YOUNG_TOKEN_MS', {
    kind: 'integer',
    describe:
      'Age, milliseconds, up to which a token without a role fails a call; an older one is replaced first, since consent may have been given meanwhile',
  })
  @IsInt()
  @Min(0)
  @Max(DAY_MS)
  graphYoungTokenMs: number = 60_000;

  @Setting('GRAPH_CONNECT_TIMEOUT_MS', { kind: 'integer', describe: 'Milliseconds for TCP and TLS to Graph' })
  @IsInt()
  @Min(100)
  @Max(60_000)
  graphConnectTimeoutMs: number = 3_000;

  @Setting('GRAPH_RESPONSE_TIMEOUT_MS', {
    kind: 'integer',
    describe: 'Milliseconds that Graph may take to answer a create, and again for the rest of its answer',
  })
  @IsInt()
  @Min(100)
  @Max(60_000)
  graphResponseTimeoutMs: number = 10_000;

  @Setting('GRAPH_MAX_CONCURRENT_CREATES', {
    kind: 'integer',
    describe: 'Creates under way at once in this process, per app and tenant',
  })
  @IsInt()
  @Min(1)
  @Max(10_000)
  graphMaxConcurrentCreates: number = 64;

  @Setting('GRAPH_MAX_CONCURRENT_CREATES_IN_ALL', { kind: 'integer', describe: 'Creates under way at once in this process' })
  @IsInt()
  @Min(1)
  @Max(10_000)
  graphMaxConcurrentCreatesInAll: number = 256;

  @Setting('GRAPH_MAX_LIVE_CALLS', {
    kind: 'integer',
    describe: 'Calls that may live at once, per app and tenant; further commands wait until their notAfter',
  })
  @IsInt()
  @Min(1)
  graphMaxLiveCalls: number = 100;

  @Setting('GRAPH_MAX_CALLS_PER_MONTH', {
    kind: 'integer',
    describe:
      'Most creates in one month (UTC) per app and tenant. An attempt counts if Graph took it or may have taken it, not if Graph refused or never got it. Further commands wait until their notAfter',
  })
  @IsInt()
  @Min(1)
  graphMaxCallsPerMonth: number = 10_000;

  @Setting('GRAPH_RETRY_AFTER_MAX_MS', {
    kind: 'integer',
    describe:
      'Milliseconds for which a Retry-After of Graph holds back the app’s other calls in the tenant at most, then one create probes; the create that Graph refused waits as long as Graph said. It also holds back keep-alives, hang-ups and look-ups for no longer',
  })
  @IsInt()
  @Min(1_000)
  @Max(20 * 60_000)
  graphRetryAfterMaxMs: number = 300_000;

  @Setting('GRAPH_BREAKER_FAILURES', {
    kind: 'integer',
    describe: 'Connections to Graph in a row that do not come about, after which dialling pauses',
  })
  @IsInt()
  @Min(1)
  graphBreakerFailures: number = 5;

  @Setting('GRAPH_BREAKER_OPEN_MS', { kind: 'integer', describe: 'Milliseconds of that pause, after which one attempt probes' })
  @IsInt()
  @Min(10)
  @Max(600_000)
  graphBreakerOpenMs: number = 5_000;

  @Setting('RELAY_LINGER_MS', {
    kind: 'integer',
    describe: 'Milliseconds from what took effect in the ledger until the history is told of it, so that a dial goes first',
  })
  @IsInt()
  @Min(0)
  @Max(1_000)
  relayLingerMs: number = 15;

  @Setting('RELAY_FORGET_INTERVAL_MS', {
    kind: 'integer',
    describe:
      'Interval, in milliseconds, at which this process forgets the reports that the relay’s group has committed, and counts the live calls anew',
  })
  @IsInt()
  @Min(100)
  @Max(3_600_000)
  relayForgetIntervalMs: number = 30_000;

  @Setting('KEEP_ALIVE_INTERVAL_MS', {
    kind: 'integer',
    describe: 'Milliseconds between keep-alives of a call; Graph ends one after 45 minutes without',
  })
  @IsInt()
  @Min(100)
  @Max(20 * 60_000)
  keepAliveIntervalMs: number = 15 * 60_000;

  @Setting('ESTABLISHING_MAX_MS', {
    kind: 'integer',
    describe: 'Milliseconds that a call may be in establishing before Graph is asked what became of it, and again after as many',
  })
  @IsInt()
  @Min(100)
  @Max(DAY_MS)
  establishingMaxMs: number = 120_000;

  @Setting('UNREAD_CALLBACK_LOOK_UP_MS', {
    kind: 'integer',
    describe:
      'Shortest time, in milliseconds, between two look-ups of a call at Graph after unreadable or empty callbacks; the first look-up is immediate',
  })
  @IsInt()
  @Min(100)
  @Max(DAY_MS)
  unreadCallbackLookUpMs: number = 10_000;

  @Setting('UNKNOWN_GRACE_MS', {
    kind: 'integer',
    describe: 'Milliseconds that Graph has to call back for an attempt with an unknown outcome, before it is parked',
  })
  @IsInt()
  @Min(100)
  @Max(DAY_MS)
  unknownGraceMs: number = 120_000;

  @Setting('REDIAL_MAX_UNKNOWN_ATTEMPTS', {
    kind: 'integer',
    describe: 'Attempts with an unknown outcome up to which a command with ifUnknown: redial is dialled again',
  })
  @IsInt()
  @Min(1)
  @Max(10)
  redialMaxUnknownAttempts: number = 2;

  @Setting('CALLBACK_PUBLIC_URL', { describe: 'Where Graph reaches the receiver, in front of /v1/callbacks' })
  @IsUrl({ protocols: ['https'], require_tld: false, require_protocol: true }, { message: 'must be an https address' })
  @Matches(/[^/]$/, { message: 'must not end with a slash' })
  callbackPublicUrl!: string;

  @Setting('CALLBACK_MAC_KEYS', {
    kind: 'list',
    secret: true,
    describe: 'Keys of the callback addresses, base64url, each at least 32 bytes; the first signs, all are accepted',
  })
  @ArrayNotEmpty()
  callbackMacKeys!: string[];

  @Setting('DISPATCHER_MEDIA_HOSTS', {
    kind: 'list',
    describe:
      'Hosts that a command on Kafka may name for media, over https only; another host fails the call. Empty: any host, so every producer must be trusted',
  })
  @IsFQDN({}, { each: true, message: 'each must be the name of a host' })
  mediaHosts: string[] = [];

  @Setting('CALL_MAX_BYTES', {
    kind: 'integer',
    describe: 'Largest call of a command, in bytes of canonical JSON; a larger one fails as invalid',
  })
  @IsInt()
  @Min(4_096)
  @Max(512 * 1024)
  callMaxBytes: number = CALL_LIMITS.bytes;

  @Setting('WAITING_MAX_BYTES_PER_TENANT', {
    kind: 'integer',
    describe:
      'Bytes that the calls of a tenant may take in memory which wait for an attempt or are being dialled, each with 1 KiB on top; further commands fail. Calls whose outcome is unknown do not count',
  })
  @IsInt()
  @Min(64 * 1024)
  waitingMaxBytesPerTenant: number = 32 * MIB;

  @Setting('WAITING_MAX_BYTES', { kind: 'integer', describe: 'The same limit for all tenants together' })
  @IsInt()
  @Min(64 * 1024)
  waitingMaxBytes: number = 64 * MIB;

  @Setting('UNKNOWN_ENDS_MAX_PER_TENANT', {
    kind: 'integer',
    describe:
      'Most EndCall commands for unknown calls that a dispatcher remembers per tenant, each for 72 h; further ones become dead letters',
  })
  @IsInt()
  @Min(1)
  unknownEndsMaxPerTenant: number = 10_000;

  @Setting('UNKNOWN_ENDS_MAX', { kind: 'integer', describe: 'The same limit for all tenants together' })
  @IsInt()
  @Min(1)
  unknownEndsMax: number = 50_000;

  @Setting('UNKNOWN_ENDS_MAX_PER_CALL', {
    kind: 'integer',
    describe: 'The same limit for one callId, whose end the EndCall commands of several tenants may name',
  })
  @IsInt()
  @Min(10)
  unknownEndsMaxPerCall: number = 100;

  @Setting('NOT_AFTER_DEFAULT_MS', {
    kind: 'integer',
    describe: 'Milliseconds after a command’s arrival on Kafka within which it may dial, when it names no notAfter',
  })
  @IsInt()
  @Min(1_000)
  @Max(DAY_MS)
  notAfterDefaultMs: number = 120_000;

  @Setting('NOT_AFTER_REDIAL_EXTRA_MS', { kind: 'integer', describe: 'Milliseconds more for a command with ifUnknown: redial' })
  @IsInt()
  @Min(0)
  @Max(DAY_MS)
  notAfterRedialExtraMs: number = 600_000;

  @Setting('INTENT_DEADLINE_MS', { kind: 'integer', describe: 'Milliseconds after an Intent within which its POST must begin' })
  @IsInt()
  @Min(100)
  @Max(600_000)
  intentDeadlineMs: number = 10_000;

  @Setting('INTENT_ORPHAN_MARGIN_MS', {
    kind: 'integer',
    describe:
      'Milliseconds added to the deadline and the time-outs of the POST, after which an Intent without an outcome counts as unknown',
  })
  @IsInt()
  @Min(0)
  @Max(600_000)
  intentOrphanMarginMs: number = 10_000;

  /** Host names in lower case, as a parsed URL has them; null allows any host. */
  allowedMediaHosts(): ReadonlySet<string> | null {
    return this.mediaHosts.length === 0 ? null : new Set(this.mediaHosts.map((host) => host.toLowerCase()));
  }
}

/** Of a shutdown, for writing what came of the creates, and for leaving Kafka. */
const LEAVING_MS = 5_000;

/** Milliseconds of a shutdown for which Graph's answers are waited for. */
export function answersMsOf({ shutdownTimeoutMs }: Pick<DispatcherSettings, 'shutdownTimeoutMs'>): number {
  return Math.max(shutdownTimeoutMs - LEAVING_MS, shutdownTimeoutMs / 2);
}

/** Milliseconds after an Intent from which its process must have died if there is no outcome. */
export function orphanMsOf(settings: DispatcherSettings): number {
  const { intentDeadlineMs, graphResponseTimeoutMs, intentOrphanMarginMs } = settings;
  return intentDeadlineMs + 2 * graphResponseTimeoutMs + intentOrphanMarginMs;
}
