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
 * Reads the answer to a fetch (version 11, which every broker since 2.3 speaks) as the client would, but for batches that
 * cannot be read: the client's decoder throws at them, which ends the consumer. Here they are handed on as such.
 * @param maxBatchBytes that the records of one batch may take in memory; with as many in one answer, its rest is left to the next
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
      room -= decoded.takenBytes;
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
    // The broker has not throttled the answer, but expects the client to wait.
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

/** What is cut off at the end comes with the next fetch. */
function* wholeBatches(records: Buffer): Generator<Buffer> {
  for (let at = 0; at + HEADER_BYTES <= records.length;) {
    const end = at + LENGTH_END + records.readInt32BE(at + LENGTH_AT);
    if (end > records.length || end <= at) return;
    yield records.subarray(at, end);
    at = end;
  }
}
