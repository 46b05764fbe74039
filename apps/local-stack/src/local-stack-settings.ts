import { KafkaSettings, Setting } from '@callbus/chassis';
import type { FurtherListener } from './kafka/kafka-properties.js';
import { IsArray, IsIn, IsInt, IsObject, IsOptional, IsString, Matches, Max, Min } from 'class-validator';

/** Variables by the name of a process (`call-dispatcher-1`) or of all of a kind (`call-dispatcher`). */
export type EnvironmentByService = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What the launcher reads of its environment; all of it has defaults. KAFKA_BROKERS is read where Kafka is chosen. */
export class LocalStackSettings {
  @Setting('CALLBUS_HOME', { describe: 'Folder with the state of this stack: pids, logs, Kafka’s data, keys, stack.json' })
  @IsString()
  home: string = '.callbus';

  @Setting('CALLBUS_CACHE', { describe: 'Folder for what is fetched once and may be shared: Kafka’s jars' })
  @IsString()
  cache: string = '.cache';

  @Setting('CALLBUS_PORTS', { describe: 'fixed: the documented ports; auto: free ones, so that stacks can run side by side' })
  @IsIn(['fixed', 'auto'])
  ports: 'fixed' | 'auto' = 'fixed';

  @Setting('CALLBUS_READY_TIMEOUT_MS', {
    kind: 'integer',
    describe: 'Time, in milliseconds, without progress of a service’s start after which the stack gives it up',
  })
  @IsInt()
  @Min(1_000)
  @Max(600_000)
  readyTimeoutMs: number = 60_000;

  @Setting('CALLBUS_DEMO_TIMEOUT_MS', { kind: 'integer', describe: 'Milliseconds that the demo call may take to its end' })
  @IsInt()
  @Min(1_000)
  @Max(3_600_000)
  demoTimeoutMs: number = 120_000;

  @Setting('CALLBUS_SERVICE_ENVIRONMENT', {
    kind: 'json',
    describe: 'Further variables by process or kind: {"call-dispatcher": {"UNKNOWN_GRACE_MS": "2000"}}',
  })
  @IsObject()
  serviceEnvironment: EnvironmentByService = {};

  @Setting('CALLBUS_KAFKA_NODES', {
    kind: 'integer',
    describe: 'Brokers of the stack’s own Kafka on Java; with three, a record is acknowledged when two have it',
  })
  @IsInt()
  @Min(1)
  @Max(9)
  kafkaNodes: number = 1;

  @Setting('CALLBUS_KAFKA_LISTENERS', {
    kind: 'json',
    describe: 'Further listeners of the (first) broker for clients behind a proxy: [{"port": 1, "advertisedPort": 2}]',
  })
  @IsArray()
  @IsObject({ each: true })
  kafkaListeners: readonly FurtherListener[] = [];

  @Setting('CALLBUS_UPGRADE_FROM', {
    describe: 'Folder with another build of this project, to try an upgrade: each service runs from it until it is restarted',
  })
  @IsOptional()
  @IsString()
  upgradeFrom?: string;

  @Setting('CALLBUS_UPGRADE_TO', {
    describe: 'Folder with another build of this project, to try a downgrade: each service runs from it once it is restarted',
  })
  @IsOptional()
  @IsString()
  upgradeTo?: string;

  @Setting('KAFKA_TOPIC_PREFIX', { describe: 'Prefix of every topic of this installation' })
  @Matches(/^[A-Za-z0-9._-]{0,100}$/)
  topicPrefix: string = new KafkaSettings().topicPrefix;

  @Setting('KAFKA_PARTITIONS', { kind: 'integer', describe: 'Partitions of each topic but the ledger' })
  @IsInt()
  @Min(1)
  @Max(1000)
  partitions: number = new KafkaSettings().partitions;
}
