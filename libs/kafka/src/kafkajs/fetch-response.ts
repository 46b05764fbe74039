import { createRequire } from 'node:module';
import {
  decodeBatch,
  DecoderOf,
  HEADER_BYTES,
  LENGTH_AT,
  LENGTH_END,
  MAGIC_AT,
  type BatchMessage,
  type Decoder,
} from './record-batch.js';

const decodeMessageSet = createRequire(import.meta.url)('kafkajs/src/protocol/messageSet/decoder.js') as (
  decoder: Decoder,
  size: number,
) => Promise<BatchMessage[]>;

const RECORD_BATCH = 2;

/**
 * Decodes a fetch response (version 11, which every broker since 2.3 speaks) like the client's decoder, except for unreadable
 * batches: the client's decoder throws, which ends the consumer; this one returns them as unreadable batches.
 * @param maxBatchBytes limit of one batch's decompressed records; after as many bytes the rest of the response is left to the next fetch
 */
export async function decodeFetchResponse(response: Buffer, maxBatchBytes: number) {
  const decoder = new DecoderOf(response);
  let room = maxBatchBytes;
  const messagesOf = async (records: Buffer): Promise<BatchMessage[]> => {
    if (records.length < HEADER_BYTES) return [];
    if (records.readInt8(MAGIC_AT) !== RECORD_BATCH) return decodeMessageSet(new DecoderOf(records), records.length);
    const messages: BatchMessage[] = [];
    for (const batch of wholeBatches(records)) {
      if (room <= 0) break;
      const decoded = await decodeBatch(batch, maxBatchBytes);
      room -= decoded.contentBytes;
      for (const message of decoded.messages) messages.push(message);
    }
    return messages;
  };
  const partition = async () => ({
    partition: decoder.readInt32(),
    errorCode: decoder.readInt16(),
    highWatermark: decoder.readInt64().toString(),
    lastStableOffset: decoder.readInt64().toString(),
    lastStartOffset: decoder.readInt64().toString(),
    abortedTransactions: decoder.readArray(() => ({
      producerId: decoder.readInt64().toString(),
      firstOffset: decoder.readInt64().toString(),
    })),
    preferredReadReplica: decoder.readInt32(),
    messages: await messagesOf(readRecords(decoder)),
  });
  return {
    // The broker does not delay its answer; it expects the client to wait this long.
    clientSideThrottleTime: decoder.readInt32(),
    throttleTime: 0,
    errorCode: decoder.readInt16(),
    sessionId: decoder.readInt32(),
    responses: await decoder.readArrayAsync(async () => ({
      topicName: decoder.readString(),
      partitions: await decoder.readArrayAsync(partition),
    })),
  };
}

function readRecords(decoder: Decoder): Buffer {
  const size = decoder.readInt32();
  return size > 0 ? (decoder.readBytes(size) ?? Buffer.alloc(0)) : Buffer.alloc(0);
}

/** Leaves out a batch that is cut off at the end; the next fetch returns it whole. */
function* wholeBatches(records: Buffer): Generator<Buffer> {
  for (let at = 0; at + HEADER_BYTES <= records.length;) {
    const end = at + LENGTH_END + records.readInt32BE(at + LENGTH_AT);
    if (end > records.length || end <= at) return;
    yield records.subarray(at, end);
    at = end;
  }
}
