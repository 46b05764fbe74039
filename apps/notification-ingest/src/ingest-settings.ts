import {
  HttpLimits,
  KafkaSettings,
  ServiceSettings,
  Setting,
  SettingsGroup,
  signingKeySettings,
  type SigningKeySettings,
} from '@callbus/chassis';
import { IsInCloudWithCalls } from '@callbus/graph';
import { ArrayNotEmpty, IsIn, IsInt, IsOptional, IsString, IsUrl, Matches, Max, Min, ValidateIf } from 'class-validator';
import { CallbackLimits } from './callback-limits.js';

export const CallbackKeySettings = signingKeySettings('CALLBACK', 'callback');

export type IngestRole = 'receiver' | 'sequencer';

const IfReceiver = (): PropertyDecorator => ValidateIf(({ roles }: IngestSettings) => roles.includes('receiver'));

export class IngestSettings extends ServiceSettings {
  @SettingsGroup(KafkaSettings)
  kafka!: KafkaSettings;

  @Setting('NOTIFICATION_INGEST_ROLES', { kind: 'list', describe: 'receiver, sequencer or both' })
  @ArrayNotEmpty()
  @IsIn(['receiver', 'sequencer'], { each: true })
  roles: IngestRole[] = ['receiver', 'sequencer'];

  @Setting('SNAPSHOT_RETENTION_DAYS', {
    kind: 'integer',
    describe:
      'Days after a call’s end after which its snapshot is deleted; more than observations are kept. Of calls that did not end: 53 days without a change, or these if more',
  })
  @IsInt()
  @Min(8)
  @Max(3_650)
  snapshotRetentionDays: number = 35;

  @Setting('SNAPSHOT_UPKEEP_INTERVAL_MS', {
    kind: 'integer',
    describe:
      'Milliseconds between looks for snapshots to delete, and for older ones written last; far less than compaction waits',
  })
  @IsInt()
  @Min(100)
  @Max(43_200_000)
  snapshotUpkeepIntervalMs: number = 3_600_000;

  @Setting('CALL_SILENT_AFTER_MS', {
    kind: 'integer',
    describe: 'Milliseconds after which a live call that nothing new was heard of counts as silent (callbus_calls_silent)',
  })
  @IsInt()
  @Min(1_000)
  callSilentAfterMs: number = 60 * 60_000;

  @Setting('HTTP_PORT', { kind: 'integer', describe: 'Port on which Graph’s callbacks arrive; 0 takes a free one' })
  @IsInt()
  @Min(0)
  @Max(65535)
  httpPort: number = 3443;

  @Setting('HTTP_HOST', { describe: 'Address that it listens on' })
  @IsString()
  httpHost: string = '0.0.0.0';

  @Setting('TLS_CERT', { describe: 'PEM of the server’s certificate; without it the receiver speaks http, for behind a proxy' })
  @IsOptional()
  @Matches(/-----BEGIN CERTIFICATE-----/, { message: 'must be a certificate in PEM' })
  tlsCert?: string;

  @Setting('TLS_KEY', { describe: 'PEM of the certificate’s key', secret: true })
  @ValidateIf(({ tlsCert }: IngestSettings) => tlsCert !== undefined)
  @Matches(/-----BEGIN [A-Z ]*PRIVATE KEY-----/, { message: 'must be a private key in PEM' })
  tlsKey?: string;

  @Setting('CALLBACK_MAC_KEYS', {
    kind: 'list',
    secret: true,
    describe: 'Keys of the callback addresses, base64url, each at least 32 bytes; the dispatcher’s',
  })
  @IfReceiver()
  @ArrayNotEmpty()
  callbackMacKeys: string[] = [];

  @Setting('CALLBACK_ISSUERS', { kind: 'list', describe: 'Issuers of callback tokens, compared as they are written' })
  @IfReceiver()
  @ArrayNotEmpty()
  @IsInCloudWithCalls()
  callbackIssuers: string[] = ['https://graph.microsoft.com', 'https://api.botframework.com'];

  @Setting('CALLBACK_OPENID_URL', { describe: 'OpenID document that names the keys of callback tokens' })
  @IfReceiver()
  @IsUrl({ protocols: ['https'], require_tld: false, require_protocol: true }, { message: 'must be an https address' })
  @IsInCloudWithCalls()
  callbackOpenIdUrl: string = 'https://api.aps.skype.com/v1/.well-known/OpenIdConfiguration';

  @SettingsGroup(CallbackKeySettings)
  callbackKeys!: SigningKeySettings;

  @SettingsGroup(CallbackLimits)
  callbackLimits!: CallbackLimits;

  @SettingsGroup(HttpLimits)
  httpLimits!: HttpLimits;
}
