import type { Principal } from '@callbus/contracts';
import type { KafkaClient } from './kafka-client.js';
import { createKafkaClient, type KafkaLogger } from './kafkajs-client.js';

/** How a process reaches Kafka; the settings KAFKA_* of every service have this shape. */
export interface KafkaAccess {
  readonly brokers: readonly string[];
  readonly topicPrefix: string;
  readonly sslEnabled: boolean;
  /** PEM. */
  readonly sslCa?: string;
  readonly saslMechanism?: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly saslUsername?: string;
  readonly saslPassword?: string;
  /** A member of a consumer group that is silent for so long loses its partitions. */
  readonly sessionTimeoutMs?: number;
}

export interface KafkaUser {
  /** Whose rights of access.ts it has. */
  readonly principal: Principal;
  /** Name of this process, where there are several of it. */
  readonly process?: string;
}

export function kafkaClientOf(access: KafkaAccess, user: KafkaUser, logger: KafkaLogger): KafkaClient {
  const {
    brokers,
    topicPrefix,
    sslEnabled,
    sslCa,
    saslMechanism,
    saslUsername = '',
    saslPassword = '',
    sessionTimeoutMs,
  } = access;
  return createKafkaClient({
    brokers,
    clientId: user.process || user.principal,
    followerGroupPrefix: `${topicPrefix}${user.principal}`,
    logger,
    ...(sessionTimeoutMs === undefined ? {} : { sessionTimeoutMs }),
    ...(sslEnabled ? { ssl: sslCa === undefined ? true : { ca: sslCa } } : {}),
    ...(saslMechanism === undefined
      ? {}
      : { sasl: { mechanism: saslMechanism, username: saslUsername, password: saslPassword } }),
  });
}
