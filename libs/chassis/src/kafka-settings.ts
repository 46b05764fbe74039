import { ArrayNotEmpty, Equals, IsIn, IsInt, IsOptional, IsString, IsUrl, Matches, Max, Min, ValidateIf } from 'class-validator';
import { Setting } from './settings.js';

export type SaslMechanism = 'plain' | 'scram-sha-256' | 'scram-sha-512' | 'oauthbearer';

const IfTls = (): PropertyDecorator =>
  ValidateIf(({ sslCa, sslCert, sslKey }: KafkaSettings) => [sslCa, sslCert, sslKey].some((one) => one !== undefined));
const IfCertificate = (): PropertyDecorator =>
  ValidateIf(({ sslCert, sslKey }: KafkaSettings) => sslCert !== undefined || sslKey !== undefined);
/** Whoever sets one of them means all that they need. */
const IfSasl = (): PropertyDecorator =>
  ValidateIf(({ saslMechanism, saslUsername, saslPassword, saslTokenUrl, saslScope }: KafkaSettings) =>
    [saslMechanism, saslUsername, saslPassword, saslTokenUrl, saslScope].some((one) => one !== undefined),
  );
const IfOauth = (): PropertyDecorator =>
  ValidateIf(({ saslMechanism, saslTokenUrl }: KafkaSettings) => saslMechanism === 'oauthbearer' || saslTokenUrl !== undefined);

/** How a service reaches Kafka. The defaults are those of the local stack, except the brokers, which are always named. */
export class KafkaSettings {
  @Setting('KAFKA_BROKERS', { kind: 'list', describe: 'Bootstrap brokers, host:port, separated by commas' })
  @ArrayNotEmpty()
  @Matches(/^[^\s:]+:\d{1,5}$|^\[[0-9a-fA-F:]+\]:\d{1,5}$/, { each: true, message: 'each broker must be host:port' })
  brokers!: string[];

  @Setting('KAFKA_TOPIC_PREFIX', { describe: 'Prefix of every topic of this installation' })
  @Matches(/^[A-Za-z0-9._-]{0,100}$/)
  topicPrefix: string = 'calls.';

  @Setting('KAFKA_PARTITIONS', {
    kind: 'integer',
    describe: 'Partitions of each topic but the ledger; a constant of an installation',
  })
  @IsInt()
  @Min(1)
  @Max(1000)
  partitions: number = 12;

  @Setting('KAFKA_SESSION_TIMEOUT_MS', {
    kind: 'integer',
    describe: 'Milliseconds of silence after which a process loses its partitions to another',
  })
  @IsInt()
  @Min(1_000)
  @Max(300_000)
  sessionTimeoutMs: number = 10_000;

  @Setting('KAFKA_STANDSTILL_TIMEOUT_MS', {
    kind: 'integer',
    describe:
      'Milliseconds without a record after which a reader of a whole topic, before the topic’s end, counts as standing still; the whole read may take longer',
  })
  @IsInt()
  @Min(1_000)
  @Max(600_000)
  standstillMs: number = 60_000;

  @Setting('KAFKA_MAX_BATCH_BYTES', {
    kind: 'integer',
    describe:
      'Bytes of memory that one batch may take: its records decompressed, 400 more for each record and 200 for each header; a larger one counts as unreadable',
  })
  @IsInt()
  @Min(16 * 1024 * 1024)
  @Max(1024 * 1024 * 1024)
  maxBatchBytes: number = 64 * 1024 * 1024;

  @Setting('KAFKA_SSL_ENABLED', { kind: 'boolean', describe: 'TLS to the brokers' })
  @IfTls()
  @Equals(true, { message: 'must be true where KAFKA_SSL_CA, KAFKA_SSL_CERT or KAFKA_SSL_KEY is set' })
  sslEnabled: boolean = false;

  @Setting('KAFKA_SSL_CA', {
    describe: 'PEM of the certificate authority that signed the brokers’ certificates; by default those that Node trusts',
  })
  @IsOptional()
  @Matches(/-----BEGIN CERTIFICATE-----/, { message: 'must be a certificate in PEM' })
  sslCa?: string;

  @Setting('KAFKA_SSL_CERT', { describe: 'PEM of the certificate that this process shows the brokers (mTLS)' })
  @IfCertificate()
  @Matches(/-----BEGIN CERTIFICATE-----/, { message: 'must be a certificate in PEM, as KAFKA_SSL_KEY is set' })
  sslCert?: string;

  @Setting('KAFKA_SSL_KEY', { describe: 'PEM of that certificate’s key', secret: true })
  @IfCertificate()
  @Matches(/-----BEGIN [A-Z ]*PRIVATE KEY-----/, { message: 'must be a private key in PEM, as KAFKA_SSL_CERT is set' })
  sslKey?: string;

  @Setting('KAFKA_SASL_MECHANISM', { describe: 'plain, scram-sha-256, scram-sha-512 or oauthbearer; none when not set' })
  @IfSasl()
  @IsIn(['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'])
  saslMechanism?: SaslMechanism;

  @Setting('KAFKA_SASL_USERNAME', { describe: 'User name; with oauthbearer the client id' })
  @IfSasl()
  @IsString({ message: 'is needed with KAFKA_SASL_MECHANISM' })
  saslUsername?: string;

  @Setting('KAFKA_SASL_PASSWORD', { describe: 'Password; with oauthbearer the client secret', secret: true })
  @IfSasl()
  @IsString({ message: 'is needed with KAFKA_SASL_MECHANISM' })
  saslPassword?: string;

  @Setting('KAFKA_SASL_TOKEN_URL', { describe: 'Where oauthbearer gets its tokens, by the client credentials grant' })
  @IfOauth()
  @IsUrl({ protocols: ['https'], require_tld: false, require_protocol: true }, { message: 'must be an https address' })
  saslTokenUrl?: string;

  @Setting('KAFKA_SASL_SCOPE', { describe: 'Scope that oauthbearer asks for; none when not set' })
  @IsOptional()
  @IsString()
  saslScope?: string;
}
