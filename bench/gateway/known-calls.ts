import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeSnapshot, encodeSnapshot, partitionOf, type Snapshot } from '@callbus/contracts';
import type { KafkaClient } from '@callbus/kafka';
import { PROJECT_ROOT } from '@callbus/local-stack';

const SENT_AT_ONCE = 5_000;
const FIXTURE = join(PROJECT_ROOT, 'libs', 'contracts', 'fixtures', 'snapshots', 'snapshot.json');

/** Writes snapshots of so many calls of a tenant, as the sequencer does. @returns their ids */
export async function writeSnapshots(
  client: KafkaClient,
  { topic, partitions, tenantId, count }: { topic: string; partitions: number; tenantId: string; count: number },
): Promise<string[]> {
  const { call, ...model } = decodeSnapshot(readFileSync(FIXTURE));
  const callIds = Array.from({ length: count }, () => randomUUID() as string);
  const snapshotOf = (callId: string): Snapshot => ({ ...model, callId, call: { ...call, tenantId, graphCallId: randomUUID() } });
  const sender = await client.sender();
  try {
    for (let at = 0; at < count; at += SENT_AT_ONCE) {
      const records = callIds.slice(at, at + SENT_AT_ONCE).map((callId) => ({
        topic,
        partition: partitionOf(callId, partitions),
        key: callId,
        value: encodeSnapshot(snapshotOf(callId)),
      }));
      await Promise.all(records.map((record) => sender.send([record])));
    }
  } finally {
    await sender.close();
  }
  return callIds;
}
