import { groupName, GROUPS, NO_CALL, releaseCallCommand, topicName, TOPICS, type GroupSpec } from '@callbus/contracts';
import type { TopicDescription } from '@callbus/kafka';
import { wordsOf } from '../errors.js';
import { COMMAND_SOURCE, type Installation } from '../installation/installation.js';
import { aclFinding } from './acl-findings.js';
import { clockFinding } from './clock-findings.js';
import { consumerFinding } from './consumer-findings.js';
import { finding, ok, skipped, warning, type Finding } from './finding.js';
import { READABILITY, readabilityFindings } from './readability-findings.js';
import { retentionFinding } from './retention-findings.js';
import { topicFindings } from './topic-findings.js';

const BROKER_CLOCK = 'clock of the broker';
const DEPEND_ON_KAFKA = ['topics', READABILITY, 'consumers', 'ACLs', BROKER_CLOCK];

/** Whether Kafka can be reached, and is as it has to be. */
export async function kafkaFindings(installation: Installation, isReadOnly: boolean): Promise<readonly Finding[]> {
  const { settings, client } = installation;
  const { doctorTimeoutMs: timeoutMs, snapshotRetentionDays, kafka } = settings;
  const { topicPrefix, partitions } = kafka;
  let brokers: readonly string[] = [];
  const advice =
    'See that KAFKA_BROKERS names the brokers, that they run and can be reached from here, and KAFKA_SSL_* and KAFKA_SASL_*.';
  const reached = await finding('Kafka', timeoutMs, advice, async () => {
    brokers = await client.admin().brokers();
    return ok('Kafka', `its brokers are ${brokers.join(', ')}`);
  });
  if (brokers.length === 0) return [...reached, ...DEPEND_ON_KAFKA.map((check) => skipped(check, 'Kafka cannot be reached'))];
  const names = Object.values(TOPICS).map((topic) => topicName(topicPrefix, topic));
  let described: readonly TopicDescription[] = [];
  const topics = await finding(
    'topics',
    timeoutMs,
    'Allow this principal to Describe the topics and their settings.',
    async () => {
      described = await client.admin().describeTopics(names);
      return [
        ...topicFindings(described, { topicPrefix, partitions, brokers: brokers.length }),
        retentionFinding(described, { topicPrefix, snapshotRetentionDays }),
      ];
    },
  );
  const there = new Set(described.map(({ topic }) => topic));
  const looked = Object.values(GROUPS).map((group) => consumersOf(installation, group, there));
  const consumers = (await Promise.all(looked)).flat();
  const readable = await readabilityFindings(installation);
  const clock = await brokerClock(installation, { isReadOnly, there });
  return [...reached, ...topics, ...readable, ...consumers, ...(await acls(installation)), ...clock];
}

async function consumersOf(
  installation: Installation,
  group: GroupSpec,
  there: ReadonlySet<string>,
): Promise<readonly Finding[]> {
  const { client, topicPrefix, settings } = installation;
  const check = `consumers of ${group.topic.name}`;
  const topic = installation.nameOf(group.topic);
  if (!there.has(topic)) return [skipped(check, 'the topic cannot be seen')];
  return finding(check, settings.doctorTimeoutMs, 'Allow this principal to Describe the group.', async () => {
    const name = groupName(topicPrefix, group);
    const members = await client.admin().groupMembers(name);
    const committed = await client.admin().committed(name, topic);
    const ranges = await client.admin().offsets(topic);
    const waiting = ranges.reduce((sum, { partition, start, end }) => sum + end - (committed.get(partition) ?? start), 0n);
    return consumerFinding({ group, members, waiting });
  });
}

async function acls({ settings, client, topicPrefix }: Installation): Promise<readonly Finding[]> {
  const { saslUsername } = settings.kafka;
  const principal = `User:${saslUsername ?? 'ANONYMOUS'}`;
  return finding('ACLs', settings.doctorTimeoutMs, '', async () => {
    try {
      return aclFinding(await client.admin().aclRules(), { topicPrefix, principal });
    } catch (error) {
      const advice =
        'To have them checked, allow this principal to Describe the cluster. What it may not do shows when it tries.';
      return warning('ACLs', `they cannot be read: ${wordsOf(error)}`, advice);
    }
  });
}

/**
 * Kafka tells its time only on a record that it appends, so this writes one: a release of no call, which
 * dispatchers ignore. It also shows that this principal may release calls.
 */
async function brokerClock(
  installation: Installation,
  { isReadOnly, there }: { readonly isReadOnly: boolean; readonly there: ReadonlySet<string> },
): Promise<readonly Finding[]> {
  if (isReadOnly) return [skipped(BROKER_CLOCK, 'left out by --read-only')];
  const topic = installation.nameOf(TOPICS.operatorCommands);
  if (!there.has(topic)) return [skipped(BROKER_CLOCK, `the topic ${topic} cannot be seen`)];
  const { settings } = installation;
  const advice = `Allow this principal to Write to ${topic}, and see that enough replicas are in sync.`;
  return finding(BROKER_CLOCK, settings.doctorTimeoutMs, advice, async () => {
    const release = {
      callId: NO_CALL,
      tenantId: NO_CALL,
      attempt: 1,
      reason: 'doctor reads the broker’s clock',
      operator: 'doctor',
    };
    const fromMs = Date.now();
    const { appendedAtMs } = await installation.command(releaseCallCommand(COMMAND_SOURCE, release));
    const ours = { fromMs, toMs: Date.now() };
    if (appendedAtMs === null) return warning(BROKER_CLOCK, `${topic} has no LogAppendTime`, 'See the topic’s own line.');
    const theirs = { fromMs: appendedAtMs, toMs: appendedAtMs };
    return clockFinding({ whose: 'the broker', theirs, ours }, settings.maxClockSkewMs);
  });
}
