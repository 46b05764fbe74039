import type { CloudEvent } from '@callbus/contracts';
import type { ReceivedRecord, RecordContext } from '@callbus/kafka';

/** Has an inbox take the command, as a record of the topic that came at `timestampMs`. */
export async function handOver(
  inbox: { take(record: ReceivedRecord, context: RecordContext): Promise<void> },
  command: CloudEvent,
  record: Pick<ReceivedRecord, 'topic' | 'timestampMs'> & { readonly headers: Record<string, string> },
): Promise<void> {
  const [key, value] = [Buffer.from(String(command.subject)), Buffer.from(JSON.stringify(command))];
  await inbox.take(
    { ...record, partition: 0, offset: 0n, key, value },
    { signal: new AbortController().signal, attempt: 1, firstTriedAtMs: 0, isLastOfKey: true, note: () => undefined },
  );
}
