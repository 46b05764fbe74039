import { setTimeout as delay } from 'node:timers/promises';
import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import { KafkaError } from '../port/errors.js';
import type { AclRule, KafkaAdmin, OffsetRange, TopicDescription, TopicToEnsure } from '../port/kafka-client.js';
import { isOfType, kafkaErrorOf } from './kafka-error-of.js';
import { RETRY } from './retry.js';

// Node sees no further names in that CommonJS module.
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ConfigResourceTypes, ResourcePatternTypes } = kafkajs;

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 5_000;

export class KafkajsAdmin implements KafkaAdmin {
  private connected: Promise<Admin> | null = null;
  /** The one that has connected. */
  private admin: Admin | null = null;

  constructor(private readonly kafka: Kafka) {}

  async ensureTopics(topics: readonly TopicToEnsure[]): Promise<void> {
    await this.ask(async (admin) => {
      const existing = new Set(await admin.listTopics());
      const missing = topics.filter(({ topic }) => !existing.has(topic));
      if (missing.length > 0) {
        await admin.createTopics({
          // With `waitForLeaders` the client gives up on a topic that the broker does not know yet.
          waitForLeaders: false,
          topics: missing.map(({ topic, partitions, replicationFactor, config }) => ({
            topic,
            numPartitions: partitions,
            replicationFactor,
            configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
          })),
        });
        await untilAnswered(() => admin.fetchTopicMetadata({ topics: missing.map(({ topic }) => topic) }));
      }
      await this.checkPartitions(topics);
    });
  }

  async checkPartitions(topics: readonly Pick<TopicToEnsure, 'topic' | 'partitions'>[]): Promise<void> {
    await this.ask(async (admin) => {
      const existing = new Set(await admin.listTopics());
      const missing = topics.filter(({ topic }) => !existing.has(topic)).map(({ topic }) => topic);
      if (missing.length > 0) throw new KafkaError('TOPIC_MISSING', `Missing: ${missing.join(', ')}.`);
      const { topics: found } = await admin.fetchTopicMetadata({ topics: topics.map(({ topic }) => topic) });
      for (const { topic, partitions } of topics) {
        const count = found.find(({ name }) => name === topic)?.partitions.length;
        // The topic is being created.
        if (count === undefined || count === 0) throw new KafkaError('TOPIC_MISSING', `Missing: ${topic}.`);
        if (count !== partitions)
          throw new KafkaError('PARTITION_COUNT', `${topic} has ${String(count)} partitions, not ${String(partitions)}.`);
      }
    });
  }

  async partitionCount(topic: string): Promise<number> {
    return await this.ask(async (admin) => {
      // kafkajs retries metadata of a missing topic forever, so this checks first whether the topic exists.
      const existing = await admin.listTopics();
      if (!existing.includes(topic)) throw new KafkaError('TOPIC_MISSING', `Missing: ${topic}.`);
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      return topics.find(({ name }) => name === topic)?.partitions.length ?? 0;
    });
  }

  async brokers(): Promise<readonly string[]> {
    return await this.ask(async (admin) => {
      const { brokers } = await admin.describeCluster();
      return brokers.map(({ host, port }) => `${host}:${String(port)}`);
    });
  }

  async describeTopics(topics: readonly string[]): Promise<readonly TopicDescription[]> {
    return await this.ask(async (admin) => {
      const existing = new Set(await admin.listTopics());
      const known = topics.filter((topic) => existing.has(topic));
      if (known.length === 0) return [];
      const { topics: found } = await admin.fetchTopicMetadata({ topics: known });
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: known.map((name) => ({ type: ConfigResourceTypes.TOPIC, name })),
      });
      return found.map(({ name, partitions }) => ({
        topic: name,
        partitions: partitions.length,
        replicationFactor: Math.min(...partitions.map(({ replicas }) => replicas.length)),
        config: Object.fromEntries(
          (resources.find(({ resourceName }) => resourceName === name)?.configEntries ?? []).map(
            ({ configName, configValue }) => [configName, configValue],
          ),
        ),
      }));
    });
  }

  async aclRules(): Promise<readonly AclRule[] | null> {
    return await this.ask(async (admin) => {
      try {
        const { resources } = await admin.describeAcls({
          resourceType: AclResourceTypes.ANY,
          resourcePatternType: ResourcePatternTypes.ANY,
          operation: AclOperationTypes.ANY,
          permissionType: AclPermissionTypes.ANY,
        });
        return resources.flatMap(({ resourceType, resourceName: name, resourcePatternType, acls }) => {
          if (resourceType !== AclResourceTypes.TOPIC && resourceType !== AclResourceTypes.GROUP) return [];
          const resource = resourceType === AclResourceTypes.TOPIC ? 'topic' : 'group';
          const isPrefix = resourcePatternType === ResourcePatternTypes.PREFIXED;
          return acls.map(({ principal, operation, permissionType }) => {
            const isAllowed = permissionType === AclPermissionTypes.ALLOW;
            return { principal, resource, name, isPrefix, operation: nameOfOperation(operation), isAllowed };
          });
        });
      } catch (error) {
        if (isOfType(error, 'SECURITY_DISABLED')) return null;
        throw error;
      }
    });
  }

  async offsets(topic: string): Promise<readonly OffsetRange[]> {
    return await this.ask(async (admin) => {
      const offsets = await untilAnswered(() => admin.fetchTopicOffsets(topic)).catch((error: unknown) => {
        if (!isOfType(error, 'UNKNOWN_TOPIC_OR_PARTITION')) throw error;
        throw new KafkaError('TOPIC_MISSING', `Missing: ${topic}.`, { cause: error });
      });
      return offsets.map(({ partition, low, high }) => ({ partition, start: BigInt(low), end: BigInt(high) }));
    });
  }

  async offsetsFrom(topic: string, timestampMs: number): Promise<ReadonlyMap<number, bigint>> {
    return await this.ask(async (admin) => {
      const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, timestampMs);
      return new Map(offsets.map(({ partition, offset }) => [partition, BigInt(offset)]));
    });
  }

  async groupMembers(group: string): Promise<number> {
    return await this.ask(async (admin) => {
      const { groups } = await admin.describeGroups([group]);
      return groups.find(({ groupId }) => groupId === group)?.members.length ?? 0;
    });
  }

  async committed(group: string, topic: string): Promise<ReadonlyMap<number, bigint | null>> {
    return await this.ask(async (admin) => {
      const [answer] = await untilAnswered(() => admin.fetchOffsets({ groupId: group, topics: [topic] }));
      return new Map(
        (answer?.partitions ?? []).map(({ partition, offset }) => [partition, offset === '-1' ? null : BigInt(offset)]),
      );
    });
  }

  async close(): Promise<void> {
    // Not awaited while it still tries to connect: without a connection there is nothing to close.
    if (this.admin === null) this.connected?.then((admin) => admin.disconnect()).catch(() => undefined);
    await this.admin?.disconnect();
  }

  private async ask<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    try {
      return await question(await this.connect());
    } catch (error) {
      throw kafkaErrorOf(error);
    }
  }

  private async connect(): Promise<Admin> {
    this.connected ??= (async () => {
      const admin = this.kafka.admin({ retry: RETRY });
      await admin.connect();
      this.admin = admin;
      return admin;
    })();
    try {
      return await this.connected;
    } catch (error) {
      this.connected = null;
      throw error;
    }
  }
}

function nameOfOperation(operation: unknown): string {
  return Object.entries(AclOperationTypes).find(([, value]) => value === operation)?.[0] ?? 'UNKNOWN';
}

/** What is new, moving or loading says so, and the client's admin passes that on instead of asking again. */
async function untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs *= 2) {
    try {
      return await ask();
    } catch (error) {
      if ((error as { retriable?: unknown }).retriable !== true || waitMs > LONGEST_WAIT_MS) throw error;
      await delay(waitMs);
    }
  }
}
