import type { IHeaders, KafkaMessage } from 'kafkajs';

/** More of one record are nobody's: a message of ours has a dozen. */
const MAX_HEADERS = 1_000;
/** A record and a header take so many bytes of memory beside their own: a record can be as short as seven bytes, a header as two. */
const RECORD_OVERHEAD_BYTES = 400;
const HEADER_OVERHEAD_BYTES = 200;

/** What the client wants to know of the batch that a record is in. */
export interface BatchContext {
  readonly firstOffset: string;
  readonly firstTimestamp: string;
  readonly maxTimestamp: string;
  readonly timestampType: number;
  readonly magicByte: number;
  readonly producerId: string;
  readonly inTransaction: boolean;
  readonly isControlBatch: boolean;
}

/** What is in a batch, and how much of the memory it takes. */
export interface BatchRecords {
  readonly messages: readonly KafkaMessage[];
  readonly takenBytes: number;
}

/**
 * The records of a batch, which the client itself reads in a time that grows with the square of a record's headers.
 * https://kafka.apache.org/documentation/#record
 * @param content as it is decompressed
 * @param maxBytes that they may take in memory
 * @throws Error in words
 */
export function readRecords(content: Buffer, count: number, context: BatchContext, maxBytes: number): BatchRecords {
  if (count < 0) throw new Error(`it counts ${String(count)} records`);
  let takenBytes = content.length;
  const take = (bytes: number): void => {
    takenBytes += bytes;
    if (takenBytes > maxBytes) throw new Error(`its records take more than ${String(maxBytes)} bytes of memory`);
  };
  take(count * RECORD_OVERHEAD_BYTES);
  const cursor = new Cursor(content);
  const messages: KafkaMessage[] = [];
  while (messages.length < count) {
    const record = new Cursor(cursor.bytes(cursor.varint()));
    const attributes = record.byte();
    const timestamp = BigInt(context.firstTimestamp) + record.varlong();
    const offset = BigInt(context.firstOffset) + BigInt(record.varint());
    const key = record.nullableBytes();
    const value = record.nullableBytes();
    const headers = readHeaders(record, take);
    record.end();
    messages.push({
      attributes,
      timestamp: context.timestampType === 1 ? context.maxTimestamp : String(timestamp),
      offset: String(offset),
      key,
      value,
      headers,
      // The client leaves out by them what belongs to transactions.
      ...{ magicByte: context.magicByte, isControlRecord: context.isControlBatch, batchContext: context },
    });
  }
  cursor.end();
  return { messages, takenBytes };
}

/** Of headers with one name a list. */
function readHeaders(record: Cursor, take: (bytes: number) => void): IHeaders {
  const count = record.varint();
  if (count > MAX_HEADERS) throw new Error(`a record has ${String(count)} headers, more than ${String(MAX_HEADERS)}`);
  take(Math.max(0, count) * HEADER_OVERHEAD_BYTES);
  // A header may be called as a member of Object's prototype.
  const headers = Object.create(null) as Record<string, (Buffer | null) | (Buffer | null)[]>;
  for (let read = 0; read < count; read += 1) {
    const name = String(record.bytes(record.varint()));
    const value = record.nullableBytes();
    const known = headers[name];
    if (known === undefined) headers[name] = value;
    else if (Array.isArray(known)) known.push(value);
    else headers[name] = [known, value];
  }
  return headers as IHeaders;
}

const MORE_FOLLOWS = 0x80;
const CUT_OFF = 'its records are cut off';

/** Goes through bytes, and never beyond them. */
class Cursor {
  private at = 0;

  constructor(private readonly buffer: Buffer) {}

  byte(): number {
    const byte = this.buffer[this.at];
    if (byte === undefined) throw new Error(CUT_OFF);
    this.at += 1;
    return byte;
  }

  bytes(length: number): Buffer {
    const end = this.at + length;
    if (length < 0 || end > this.buffer.length) throw new Error(CUT_OFF);
    const bytes = this.buffer.subarray(this.at, end);
    this.at = end;
    return bytes;
  }

  nullableBytes(): Buffer | null {
    const length = this.varint();
    return length === -1 ? null : this.bytes(length);
  }

  varint(): number {
    return Number(BigInt.asIntN(32, this.varlong()));
  }

  varlong(): bigint {
    let zigzag = 0n;
    for (let shift = 0n; shift < 64n; shift += 7n) {
      const byte = this.byte();
      zigzag |= BigInt(byte & ~MORE_FOLLOWS) << shift;
      if (byte < MORE_FOLLOWS) return (zigzag >> 1n) ^ -(zigzag & 1n);
    }
    throw new Error('a number in its records is too long');
  }

  end(): void {
    if (this.at !== this.buffer.length) throw new Error('its records do not fill it');
  }
}
