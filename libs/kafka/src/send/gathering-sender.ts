import { KafkaError } from '../port/errors.js';
import type { OutgoingRecord, RecordSender, SentRecord } from '../port/kafka-client.js';

/** The broker's answer for one partition of one send. */
export interface PartitionAck {
  readonly topic: string;
  readonly partition: number;
  readonly baseOffset: bigint;
  readonly appendedAtMs: number | null;
}

/**
 * Sends the records, those of one partition in the order given; may answer for fewer partitions than asked (trap T1).
 * Throws KafkaError RECORD_REFUSED when one of them can never be sent, anything else when it may work later.
 */
export type SendBatch = (records: readonly OutgoingRecord[]) => Promise<readonly PartitionAck[]>;

export interface SenderLimits {
  /** Records in one send. */
  readonly maxBatchRecords: number;
  /** Bytes of keys and values in one send; a larger record goes alone. */
  readonly maxBatchBytes: number;
  /** Bytes of keys and values that may wait. */
  readonly maxWaitingBytes: number;
  /** Sends of the same records before they count as failed, when the broker's answer leaves some out. */
  readonly maxSends: number;
}

export const SENDER_LIMITS: SenderLimits = {
  maxBatchRecords: 2_000,
  maxBatchBytes: 1024 * 1024,
  maxWaitingBytes: 64 * 1024 * 1024,
  maxSends: 5,
};

interface Waiting {
  readonly records: readonly OutgoingRecord[];
  readonly bytes: number;
  readonly resolve: (sent: readonly SentRecord[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gathers what arrives together: one send in flight over all partitions, and what arrives meanwhile forms the next.
 * Few large sends are several times as fast as many small ones, and the order of a key is the order of the calls.
 */
export class GatheringSender implements Pick<RecordSender, 'send' | 'close'> {
  private readonly waiting: Waiting[] = [];
  private waitingBytes = 0;
  private running: Promise<void> | null = null;
  private isClosed = false;

  constructor(
    private readonly sendBatch: SendBatch,
    private readonly limits: SenderLimits = SENDER_LIMITS,
  ) {}

  async send(records: readonly OutgoingRecord[]): Promise<readonly SentRecord[]> {
    if (this.isClosed) throw new KafkaError('SENDER_CLOSED', `${String(records.length)} record(s) came too late.`);
    if (records.length === 0) return [];
    const bytes = records.reduce((sum, record) => sum + sizeOf(record), 0);
    if (this.waitingBytes > 0 && this.waitingBytes + bytes > this.limits.maxWaitingBytes) {
      throw new KafkaError('QUEUE_FULL', `${String(this.waitingBytes)} bytes wait already.`);
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ records, bytes, resolve, reject });
      this.waitingBytes += bytes;
      this.running ??= this.run();
    });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.running;
  }

  private async run(): Promise<void> {
    // One turn of the event loop, so that what arrives in the same turn goes out together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.waiting.length > 0) await this.sendGathered(this.take());
    this.running = null;
  }

  private take(): Waiting[] {
    let records = 0;
    let bytes = 0;
    const fits = this.waiting.findIndex((entry, index) => {
      records += entry.records.length;
      bytes += entry.bytes;
      return index > 0 && (records > this.limits.maxBatchRecords || bytes > this.limits.maxBatchBytes);
    });
    return this.waiting.splice(0, fits === -1 ? this.waiting.length : fits);
  }

  private async sendGathered(entries: readonly Waiting[]): Promise<void> {
    const places = new Map<OutgoingRecord, SentRecord>();
    try {
      await this.sendAll(
        entries.flatMap((entry) => entry.records),
        places,
      );
      for (const entry of entries) entry.resolve(entry.records.map((record) => places.get(record) as SentRecord));
    } catch (error) {
      if (isRefusal(error)) return this.sendApart(entries, error);
      const why = error instanceof Error ? error.message : String(error);
      const failure = new KafkaError('SEND_FAILED', `Sending failed: ${why}.`, { cause: error });
      for (const entry of entries) entry.reject(failure);
    }
    for (const entry of entries) this.waitingBytes -= entry.bytes;
  }

  /** One refused record fails a whole send; only the call that it belongs to is to fail. */
  private async sendApart(entries: readonly Waiting[], refusal: KafkaError): Promise<void> {
    if (entries.length > 1) {
      for (const entry of entries) await this.sendGathered([entry]);
      return;
    }
    for (const entry of entries) {
      entry.reject(refusal);
      this.waitingBytes -= entry.bytes;
    }
  }

  /** T1: an answer may resolve without naming a partition; what it leaves out was not written and goes again. */
  private async sendAll(records: readonly OutgoingRecord[], places: Map<OutgoingRecord, SentRecord>): Promise<void> {
    let missing = records;
    for (let sends = 0; missing.length > 0; sends += 1) {
      if (sends === this.limits.maxSends)
        throw new Error(`the broker left ${String(missing.length)} record(s) out of ${String(sends)} answers`);
      const acks = new Map((await this.sendBatch(missing)).map((ack) => [`${ack.topic}/${String(ack.partition)}`, ack]));
      const counts = new Map<PartitionAck, bigint>();
      for (const record of missing) {
        const ack = acks.get(`${record.topic}/${String(record.partition)}`);
        if (ack === undefined) continue;
        const index = counts.get(ack) ?? 0n;
        counts.set(ack, index + 1n);
        const { topic, partition, appendedAtMs } = ack;
        places.set(record, { topic, partition, offset: ack.baseOffset + index, appendedAtMs });
      }
      missing = missing.filter((record) => !places.has(record));
    }
  }
}

function isRefusal(error: unknown): error is KafkaError {
  return error instanceof KafkaError && error.code === 'RECORD_REFUSED';
}

function sizeOf(record: OutgoingRecord): number {
  return Buffer.byteLength(record.value ?? '') + Buffer.byteLength(record.key ?? '') + 100;
}
