import { createRequire } from 'node:module';
import type { KafkaMessage } from 'kafkajs';
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
const decodeRecord = require('kafkajs/src/protocol/recordBatch/record/v0/decoder.js') as (
  decoder: Decoder,
  batch: BatchContext,
) => KafkaMessage;
const crc32c = require('kafkajs/src/protocol/recordBatch/crc32C/index.js') as (bytes: Buffer) => number;

/** The fields of a record's batch that the client needs. */
interface BatchContext {
  readonly firstOffset: string;
  readonly firstTimestamp: string;
  readonly maxTimestamp: string;
  readonly timestampType: number;
  readonly magicByte: number;
  readonly producerId: string;
  readonly inTransaction: boolean;
  readonly isControlBatch: boolean;
}

/** Why a batch cannot be read, and its bytes as they are in the log. */
export interface Unreadable {
  readonly firstOffset: string;
  readonly reason: string;
  readonly bytes: Buffer;
}

/** A record as the client delivers it. An unreadable batch is delivered like a record, at its last offset, to keep its place in the order. */
export type BatchMessage = KafkaMessage & { readonly unreadable?: Unreadable };

export interface DecodedBatch {
  readonly messages: readonly BatchMessage[];
  /** Size of its decompressed records. */
  readonly contentBytes: number;
}

/** Everything before the records. https://kafka.apache.org/documentation/#recordbatch */
export const HEADER_BYTES = 61;
export const MAGIC_AT = 16;
/** The batch's length field; the length counts the bytes after it. */
export const LENGTH_AT = 8;
export const LENGTH_END = 12;
const CRC_AT = 17;
const ATTRIBUTES_AT = 21;

const CODEC_MASK = 0x07;
const IS_STAMPED_BY_BROKER = 0x08;
const IS_IN_TRANSACTION = 0x10;
const IS_CONTROL = 0x20;

/** @param maxBytes limit of its decompressed records */
export async function decodeBatch(bytes: Buffer, maxBytes: number): Promise<DecodedBatch> {
  const attributes = bytes.readInt16BE(ATTRIBUTES_AT);
  const context: BatchContext = {
    firstOffset: String(bytes.readBigInt64BE(0)),
    firstTimestamp: String(bytes.readBigInt64BE(27)),
    maxTimestamp: String(bytes.readBigInt64BE(35)),
    timestampType: (attributes & IS_STAMPED_BY_BROKER) !== 0 ? 1 : 0,
    magicByte: bytes.readInt8(MAGIC_AT),
    producerId: String(bytes.readBigInt64BE(43)),
    inTransaction: (attributes & IS_IN_TRANSACTION) !== 0,
    isControlBatch: (attributes & IS_CONTROL) !== 0,
  };
  try {
    if (crc32c(bytes.subarray(ATTRIBUTES_AT)) !== bytes.readUInt32BE(CRC_AT)) throw new Error('its checksum is wrong');
    const content = await decompress(attributes & CODEC_MASK, bytes.subarray(HEADER_BYTES), maxBytes);
    const decoder = new DecoderOf(content);
    const messages = Array.from({ length: bytes.readInt32BE(57) }, () =>
      decodeRecord(new DecoderOf(decoder.readVarIntBytes()), context),
    );
    if (decoder.offset !== content.length) throw new Error('its records do not fill it');
    return { messages, contentBytes: content.length };
  } catch (error) {
    return { messages: [unreadable(bytes, context, (error as Error).message)], contentBytes: 0 };
  }
}

function unreadable(bytes: Buffer, batchContext: BatchContext, reason: string): BatchMessage {
  const { firstOffset, maxTimestamp: timestamp } = batchContext;
  const offset = String(bytes.readBigInt64BE(0) + BigInt(bytes.readInt32BE(23)));
  const message = { offset, timestamp, key: null, value: null, headers: {}, attributes: 0, batchContext };
  return { ...message, unreadable: { firstOffset, reason, bytes: Buffer.from(bytes) } };
}
