import { topicName, TOPICS, type Principal } from '@callbus/contracts';
import { ClientCredentials } from './client-credentials.js';
import type { Registry } from 'prom-client';
import type { KafkaClient } from './kafka-client.js';
import type { KafkaLogger } from './kafka-logger.js';
import { createKafkaClient, type KafkaClientOptions } from '../kafkajs/kafkajs-client.js';

/** How a process reaches Kafka; the settings KAFKA_* of every service have this shape. */
export interface KafkaAccess {
  readonly brokers: readonly string[];
  readonly topicPrefix: string;
  readonly sslEnabled: boolean;
  /** PEM, also of the next two, by which the process proves who it is (mTLS). */
  readonly sslCa?: string;
  readonly sslCert?: string;
  readonly sslKey?: string;
  readonly saslMechanism?: 'plain' | 'scram-sha-256' | 'scram-sha-512' | 'oauthbearer';
  /** With oauthbearer the client’s id and secret. */
  readonly saslUsername?: string;
  readonly saslPassword?: string;
  /** Where oauthbearer gets its tokens, and what it asks for. */
  readonly saslTokenUrl?: string;
  readonly saslScope?: string;
  /** A member of a consumer group that is silent for so long loses its partitions. */
  readonly sessionTimeoutMs?: number;
  /** Milliseconds without a record, while some are left to read, after which a reader of a whole topic counts as standing still. */
  readonly standstillMs?: number;
  /** Largest batch of records, in bytes after decompression. */
  readonly maxBatchBytes?: number;
}

export interface KafkaUser {
  /** Whose rights of access.ts it has. */
  readonly principal: Principal;
  /** Name of this process, where there are several of it. */
  readonly process?: string;
}

/** @param registry where all that is measured is registered */
export function kafkaClientOf(access: KafkaAccess, user: KafkaUser, logger: KafkaLogger, registry?: Registry): KafkaClient {
  const { brokers, topicPrefix, sslEnabled, sslCa, sslCert, sslKey, sessionTimeoutMs, standstillMs, maxBatchBytes } = access;
  const sasl = saslOf(access);
  return createKafkaClient({
    brokers,
    clientId: user.process || user.principal,
    followerGroupPrefix: `${topicPrefix}${user.principal}`,
    repairsTopic: topicName(topicPrefix, TOPICS.repairs),
    logger,
    ...(maxBatchBytes !== undefined && { maxBatchBytes }),
    ...(registry !== undefined && { registry }),
    ...(sessionTimeoutMs !== undefined && { sessionTimeoutMs }),
    ...(standstillMs !== undefined && { standstillMs }),
    ...(sslEnabled && {
      ssl: {
        ...(sslCa !== undefined && { ca: sslCa }),
        ...(sslCert !== undefined && { cert: sslCert }),
        ...(sslKey !== undefined && { key: sslKey }),
      },
    }),
    ...(sasl !== undefined && { sasl }),
  });
}

function saslOf(access: KafkaAccess): KafkaClientOptions['sasl'] {
  const { saslMechanism: mechanism, saslUsername = '', saslPassword = '', saslTokenUrl = '', saslScope } = access;
  if (mechanism === undefined) return undefined;
  if (mechanism !== 'oauthbearer') return { mechanism, username: saslUsername, password: saslPassword };
  const credentials = new ClientCredentials({
    tokenUrl: saslTokenUrl,
    clientId: saslUsername,
    clientSecret: saslPassword,
    ...(saslScope !== undefined && { scope: saslScope }),
  });
  return { mechanism, token: () => credentials.token() };
}
