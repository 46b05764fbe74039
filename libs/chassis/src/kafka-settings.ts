import { ArrayNotEmpty, IsIn, IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { Setting } from './settings.js';

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

  @Setting('KAFKA_SSL_ENABLED', { kind: 'boolean', describe: 'TLS to the brokers' })
  sslEnabled: boolean = false;

  @Setting('KAFKA_SSL_CA', { describe: 'PEM of the certificate authority that signed the brokers’ certificates' })
  @IsOptional()
  @IsString()
  sslCa?: string;

  @Setting('KAFKA_SASL_MECHANISM', { describe: 'plain, scram-sha-256 or scram-sha-512; none when not set' })
  @IsOptional()
  @IsIn(['plain', 'scram-sha-256', 'scram-sha-512'])
  saslMechanism?: 'plain' | 'scram-sha-256' | 'scram-sha-512';

  @Setting('KAFKA_SASL_USERNAME', { describe: 'SASL user name' })
  @IsOptional()
  @IsString()
  saslUsername?: string;

  @Setting('KAFKA_SASL_PASSWORD', { describe: 'SASL password', secret: true })
  @IsOptional()
  @IsString()
  saslPassword?: string;
}
