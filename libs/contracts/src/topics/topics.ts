import { MAX_RECORD_BYTES } from '../codec/json.js';
import { partitionOf } from './partition-of.js';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Who reads and writes: each is a user of the Kafka cluster, with the rights of access.ts. */
export type Principal =
  'gateway' | 'call-dispatcher' | 'notification-receiver' | 'notification-sequencer' | 'operator' | 'producer' | 'subscriber';

export interface TopicSpec {
  /** Without the installation’s prefix. */
  readonly name: string;
  /** `installation`: KAFKA_PARTITIONS, a constant of an installation. */
  readonly partitions: number | 'installation';
  readonly config: Readonly<Record<string, string>>;
  readonly writers: readonly Principal[];
  readonly readers: readonly Principal[];
}

const deleteAfter = (days: number): Record<string, string> => ({
  'cleanup.policy': 'delete',
  'retention.ms': String(days * DAY_MS),
});
const stampedByTheBroker = { 'message.timestamp.type': 'LogAppendTime' };
const large = { 'max.message.bytes': String(MAX_RECORD_BYTES) };

/** The only place with the names, partitions, retention, sizes and writers of our topics. */
export const TOPICS = {
  commands: {
    name: 'commands',
    partitions: 'installation',
    config: { ...deleteAfter(7), ...stampedByTheBroker },
    writers: ['gateway', 'operator', 'producer'],
    readers: ['call-dispatcher', 'operator'],
  },
  /** Commands that can make a phone ring a second time. They have their own topic so that Kafka can grant only operators the right. */
  operatorCommands: {
    name: 'operator-commands',
    partitions: 'installation',
    config: { ...deleteAfter(7), ...stampedByTheBroker },
    writers: ['operator'],
    readers: ['call-dispatcher', 'operator'],
  },
  /** One partition, so one order: see ledger.ts. */
  dispatchLedger: {
    name: 'dispatch-ledger',
    partitions: 1,
    config: { ...deleteAfter(45), ...stampedByTheBroker },
    writers: ['call-dispatcher'],
    readers: ['call-dispatcher', 'operator'],
  },
  observations: {
    name: 'observations',
    partitions: 'installation',
    config: { ...deleteAfter(7), ...large },
    writers: ['notification-receiver', 'call-dispatcher', 'operator'],
    readers: ['notification-sequencer', 'operator'],
  },
  events: {
    name: 'events',
    partitions: 'installation',
    config: { ...deleteAfter(30), ...large },
    writers: ['notification-sequencer'],
    readers: ['subscriber', 'gateway', 'operator'],
  },
  snapshots: {
    name: 'snapshots',
    partitions: 'installation',
    config: { 'cleanup.policy': 'compact', 'min.compaction.lag.ms': String(DAY_MS), ...large },
    writers: ['notification-sequencer'],
    readers: ['gateway', 'call-dispatcher', 'notification-sequencer', 'operator'],
  },
  commandsDeadLetter: {
    name: 'commands.dead-letter',
    partitions: 'installation',
    config: { ...deleteAfter(30), ...large },
    writers: ['call-dispatcher'],
    readers: ['operator'],
  },
  observationsDeadLetter: {
    name: 'observations.dead-letter',
    partitions: 'installation',
    config: { ...deleteAfter(30), ...large },
    writers: ['notification-sequencer'],
    readers: ['operator'],
  },
  /** Orders to pass over unreadable records, kept as long as the installation exists: see repairs.ts. */
  repairs: {
    name: 'repairs',
    partitions: 1,
    config: { 'cleanup.policy': 'compact' },
    writers: ['operator'],
    readers: ['gateway', 'call-dispatcher', 'notification-sequencer', 'subscriber', 'operator'],
  },
} as const satisfies Record<string, TopicSpec>;

export interface GroupSpec {
  /** Without the installation’s prefix. */
  readonly name: string;
  readonly topic: TopicSpec;
  readonly service: Principal;
}

/** The consumer groups in which the processes of a service share out a topic. */
export const GROUPS = {
  inbox: { name: 'call-dispatcher', topic: TOPICS.commands, service: 'call-dispatcher' },
  operatorInbox: { name: 'call-dispatcher-operator', topic: TOPICS.operatorCommands, service: 'call-dispatcher' },
  relay: { name: 'call-dispatcher-relay', topic: TOPICS.dispatchLedger, service: 'call-dispatcher' },
  sequencer: { name: 'notification-sequencer', topic: TOPICS.observations, service: 'notification-sequencer' },
} as const satisfies Record<string, GroupSpec>;

export function groupName(prefix: string, group: GroupSpec): string {
  return `${prefix}${group.name}`;
}

export function topicName(prefix: string, topic: TopicSpec): string {
  return `${prefix}${topic.name}`;
}

/** Kafka's own default of `max.message.bytes`. */
const DEFAULT_MESSAGE_BYTES = 1024 * 1024;

/** What a record of the topic may take; Kafka itself measures only what is left of it compressed. */
export function maxRecordBytes({ config }: TopicSpec): number {
  return Number(config['max.message.bytes'] ?? DEFAULT_MESSAGE_BYTES);
}

export function partitionsOf(topic: TopicSpec, installationPartitions: number): number {
  return topic.partitions === 'installation' ? installationPartitions : topic.partitions;
}

/** Topic, partition and key of every record with this key. @param partitions the installation's */
export function placeOfKey(
  topic: TopicSpec,
  key: string,
  { topicPrefix, partitions }: { readonly topicPrefix: string; readonly partitions: number },
) {
  return { topic: topicName(topicPrefix, topic), partition: partitionOf(key, partitionsOf(topic, partitions)), key };
}
