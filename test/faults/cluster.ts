import { until } from '../support/stack-for-tests.js';
import type { FaultStack } from './fault-stack.js';
import { withAdmin } from './kafka-admin.js';

const OFFSETS_TOPIC = '__consumer_offsets';

/** As the stack names its process. */
export function brokerOf(nodeId: number): string {
  return `kafka-${nodeId}`;
}

/** Waits until every replica of every topic has all that its leader has. */
export async function untilInSync(system: FaultStack): Promise<void> {
  const count = system.brokers.length;
  const isInSync = async (): Promise<boolean> =>
    await withAdmin(system, async (admin) => {
      const { brokers } = await admin.describeCluster();
      const { topics } = await admin.fetchTopicMetadata();
      return brokers.length === count && topics.flatMap(({ partitions }) => partitions).every(({ isr }) => isr.length === count);
    });
  await until('all replicas are in sync', isInSync, 60_000);
}

/** The broker that leads the most partitions of a topic. */
export async function leaderOfMost(system: FaultStack, topic: string): Promise<string> {
  const leaders = await leadersOf(system, `${system.stack.file.topicPrefix}${topic}`);
  const led = Object.entries(Object.groupBy(leaders, String)).map(([id, partitions = []]) => ({ id, count: partitions.length }));
  const most = led.toSorted((a, b) => b.count - a.count)[0];
  if (most === undefined) throw new Error(`${topic} has no leaders`);
  return brokerOf(Number(most.id));
}

/** A group’s coordinator leads the partition of the offsets topic that the group’s name falls into. */
export async function coordinatorOf(system: FaultStack, group: string): Promise<number> {
  const leaders = await leadersOf(system, OFFSETS_TOPIC);
  const partition = Math.abs(javaHashCode(`${system.stack.file.topicPrefix}${group}`)) % leaders.length;
  return leaders[partition] ?? -1;
}

/** By partition. */
async function leadersOf(system: FaultStack, topic: string): Promise<number[]> {
  const { topics } = await withAdmin(system, (admin) => admin.fetchTopicMetadata({ topics: [topic] }));
  const partitions = topics[0]?.partitions ?? [];
  return partitions.toSorted((a, b) => a.partitionId - b.partitionId).map(({ leader }) => leader);
}

function javaHashCode(text: string): number {
  let hash = 0;
  for (const character of text) hash = (Math.imul(31, hash) + character.charCodeAt(0)) | 0;
  return hash;
}
