import { createRequire } from 'node:module';
import type { KafkaMessage } from 'kafkajs';
import { readRecords, type BatchContext } from './batch-records.js';
import { decompress } from './decompress.js';

const require = createRequire(import.meta.url);

/** The part of the client's byte decoder that is used here. */
export interface Decoder {
  offset: number;
  buffer: Buffer;
  readInt16(): number;
  readInt32(): number;
  readInt64(): { toString(): string };
  readString(): string;
  readVarIntBytes(): Buffer;
  readArray<T>(read: (decoder: Decoder) => T): T[];
  readArrayAsync<T>(read: (decoder: Decoder) => Promise<T>): Promise<T[]>;
  readBytes(length: number): Buffer | null;
}

export const DecoderOf = require('kafkajs/src/protocol/decoder.js') as new (bytes: Buffer) => Decoder;
const crc32c = require('kafkajs/src/protocol/recordBatch/crc32C/index.js') as (bytes: Buffer) => number;

/** Why a batch cannot be read, and its bytes as they are in the log. */
export interface Unreadable {
  readonly firstOffset: string;
  readonly reason: string;
  /** Its bytes are not those that were written, so another replica may have them; else it is the same everywhere. */
  readonly isDamaged: boolean;
  readonly bytes: Buffer;
}

/** A record as the client delivers it. An unreadable batch is delivered like a record, at its last offset, to keep its place in the order. */
export type BatchMessage = KafkaMessage & { readonly unreadable?: Unreadable };

export interface DecodedBatch {
  readonly messages: readonly BatchMessage[];
  /** What its records take in memory; of an unreadable one as much as they may, since finding out takes as long. */
  readonly takenBytes: number;
}

/** Everything before the records. https://kafka.apache.org/documentation/#recordbatch */
export const HEADER_BYTES = 61;
const MAGIC_AT = 16;
/** Of the batch's own length, which counts what comes after it. */
export const LENGTH_AT = 8;
export const LENGTH_END = 12;
/** The formats before it have no headers and no offset of their last record; the topics hold none of them. */
const RECORD_BATCH = 2;
const CRC_AT = 17;
const ATTRIBUTES_AT = 21;

const CODEC_MASK = 0x07;
const IS_STAMPED_BY_BROKER = 0x08;
const IS_IN_TRANSACTION = 0x10;
const IS_CONTROL = 0x20;

/**
 * @param maxBytes that its records may take in memory
 * @param nextOffset the first offset that is known to lie behind it: the next batch's, or the end of the partition
 */
export async function decodeBatch(bytes: Buffer, maxBytes: number, nextOffset: bigint): Promise<DecodedBatch> {
  const header = Buffer.concat([bytes.subarray(0, HEADER_BYTES)], HEADER_BYTES);
  const attributes = header.readInt16BE(ATTRIBUTES_AT);
  const context: BatchContext = {
    firstOffset: String(header.readBigInt64BE(0)),
    firstTimestamp: String(header.readBigInt64BE(27)),
    maxTimestamp: String(header.readBigInt64BE(35)),
    timestampType: (attributes & IS_STAMPED_BY_BROKER) !== 0 ? 1 : 0,
    magicByte: header.readInt8(MAGIC_AT),
    producerId: String(header.readBigInt64BE(43)),
    inTransaction: (attributes & IS_IN_TRANSACTION) !== 0,
    isControlBatch: (attributes & IS_CONTROL) !== 0,
  };
  let isDamaged = true;
  try {
    if (header.readInt8(MAGIC_AT) !== RECORD_BATCH) throw new Error('its format is unknown');
    if (header.readInt32BE(LENGTH_AT) !== bytes.length - LENGTH_END) throw new Error('its length is wrong');
    if (crc32c(bytes.subarray(ATTRIBUTES_AT)) !== bytes.readUInt32BE(CRC_AT)) throw new Error('its checksum is wrong');
    isDamaged = false;
    const content = await decompress(attributes & CODEC_MASK, bytes.subarray(HEADER_BYTES), maxBytes);
    const { messages, takenBytes } = readRecords(content, bytes.readInt32BE(57), context, maxBytes);
    return { messages: upTo(lastOffsetOf(header, nextOffset), messages, context), takenBytes };
  } catch (error) {
    return {
      messages: [unreadable(bytes, { header, nextOffset }, context, { isDamaged, reason: (error as Error).message })],
      takenBytes: maxBytes,
    };
  }
}

/**
 * Compaction may remove the last records of a batch, or all of them, but the batch keeps its last offset. The client would fetch
 * such a batch again, forever if no record is left. So a control record is added at that offset: the client moves past it and
 * delivers nothing.
 */
function upTo(lastOffset: bigint, messages: readonly KafkaMessage[], batchContext: BatchContext): readonly KafkaMessage[] {
  const last = messages.at(-1);
  if (last !== undefined && BigInt(last.offset) >= lastOffset) return messages;
  const { maxTimestamp: timestamp, magicByte } = batchContext;
  const marker = { offset: String(lastOffset), timestamp, key: null, value: null, headers: {}, attributes: 0 };
  return [...messages, Object.assign(marker, { magicByte, isControlRecord: true, batchContext })];
}

function unreadable(
  bytes: Buffer,
  place: { readonly header: Buffer; readonly nextOffset: bigint },
  batchContext: BatchContext,
  why: Pick<Unreadable, 'isDamaged' | 'reason'>,
): BatchMessage {
  const { firstOffset, maxTimestamp: timestamp } = batchContext;
  const offset = String(lastOffsetOf(place.header, place.nextOffset));
  const message = { offset, timestamp, key: null, value: null, headers: {}, attributes: 0, batchContext };
  return { ...message, unreadable: { firstOffset, ...why, bytes: Buffer.from(bytes) } };
}

/** The last offset that the batch names may be damaged, so it is kept between the batch's first offset and the next batch. */
function lastOffsetOf(header: Buffer, nextOffset: bigint): bigint {
  const first = header.readBigInt64BE(0);
  const said = first + BigInt(header.readInt32BE(23));
  const most = said < nextOffset ? said : nextOffset - 1n;
  return most > first ? most : first;
}
