import type { Condition, ReceivedRecord } from '../port/kafka-client.js';

/** A condition names at most this many records and counts the others. */
const MOST_NAMED = 5;

export interface DamagedRecord extends Pick<ReceivedRecord, 'topic' | 'partition' | 'offset' | 'key'> {
  /** Explanation in words. It must not quote the record, which may hold personal data. */
  readonly reason: string;
}

/** Keys whose last record is damaged: Kafka delivers it, but it cannot be decoded. */
export class DamagedRecords {
  private readonly records = new Map<string, DamagedRecord>();

  put(record: DamagedRecord): void {
    this.records.set(nameOf(record), record);
  }

  /** A later record of the key took its place. */
  forget(record: Pick<ReceivedRecord, 'partition' | 'key'>): void {
    this.records.delete(nameOf(record));
  }

  has(record: Pick<ReceivedRecord, 'partition' | 'key'>): boolean {
    return this.records.has(nameOf(record));
  }

  all(): DamagedRecord[] {
    return [...this.records.values()];
  }

  /** Names the damaged records. It stays `ok`, because the process works without them. */
  condition(): Condition {
    if (this.records.size === 0) return { ok: true };
    const named = this.all()
      .slice(0, MOST_NAMED)
      .map(({ topic, partition, offset, reason }) => `${topic}/${String(partition)} offset ${String(offset)} (${reason})`);
    const more = this.records.size > MOST_NAMED ? ` and ${String(this.records.size - MOST_NAMED)} more` : '';
    return { ok: true, reason: `damaged: ${named.join(', ')}${more}; «callbus topics repair» shows what can be done` };
  }
}

function nameOf({ partition, key }: Pick<ReceivedRecord, 'partition' | 'key'>): string {
  return `${String(partition)}/${key?.toString('base64') ?? ''}`;
}
