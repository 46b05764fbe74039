import { encodeRepair, TOPICS } from '@callbus/contracts';
import { describeRange } from '@callbus/kafka';
import type { Installation } from '../installation/installation.js';
import type { Report } from '../screen/report.js';
import { findDamage, type Damage } from './damage.js';

export interface RepairTopicsOptions {
  readonly isApplied: boolean;
  /** Asked only where something is ordered: a container may have no name for its user. */
  readonly operator: () => string;
}

/** Lists the unreadable and damaged records of all topics with their repair; with `--apply` it writes the orders. */
export async function repairTopics(installation: Installation, { isApplied, operator }: RepairTopicsOptions): Promise<Report> {
  const damage = await findDamage(installation);
  const ordered = damage.filter(({ order }) => order !== null);
  if (isApplied) await order(installation, ordered, operator());
  const data = damage.map(({ topic, partition, firstOffset, lastOffset, reason, mend, lost, order: one }) => ({
    topic,
    partition,
    firstOffset: String(firstOffset),
    lastOffset: String(lastOffset),
    reason,
    mend,
    lost,
    isOrdered: isApplied && one !== null,
  }));
  const lines = damage.flatMap((one) => [`${describeRange(one)}: ${one.reason}`, `  → ${one.mend}`]);
  return {
    data: { isApplied, damage: data },
    lines: [...lines, ...(lines.length > 0 ? [''] : []), summary(damage.length, ordered.length, isApplied)],
    isWell: isApplied || ordered.length === 0,
  };
}

async function order(installation: Installation, damage: readonly Damage[], operator: string): Promise<void> {
  if (damage.length === 0) return;
  const topic = installation.nameOf(TOPICS.repairs);
  // Throws TOPIC_MISSING, with the fix, on an older installation.
  await installation.client.admin().partitionCount(topic);
  const time = new Date().toISOString();
  const sender = await installation.client.sender();
  try {
    await sender.send(
      damage.map(({ firstOffset, lastOffset, reason, order: one, topic: of, partition }) => ({
        topic,
        partition: 0,
        ...encodeRepair({
          topic: of,
          partition,
          firstOffset: String(firstOffset),
          lastOffset: String(lastOffset),
          reason,
          operator,
          time,
          ...one,
        }),
      })),
    );
  } finally {
    await sender.close();
  }
}

function summary(found: number, ordered: number, isApplied: boolean): string {
  if (found === 0) return 'Every record of every topic can be read.';
  if (ordered === 0) return 'There is nothing to order.';
  if (isApplied) return `${ordered} of ${found} ordered; the services take it up within seconds.`;
  return `${ordered} of ${found} can be ordered; nothing was written. If another replica is intact, move the partition’s leader there instead. To order it: --apply`;
}
