import { decodeBatch, DecoderOf, HEADER_BYTES, LENGTH_AT, LENGTH_END, type BatchMessage, type Decoder } from './record-batch.js';

/**
 * Reads the answer to a fetch (version 11, which every broker since 2.3 speaks) as the client would, but for batches that
 * cannot be read: the client's decoder throws at them, which ends the consumer. Here they are handed on as such.
 * @param maxBatchBytes that the records of one batch may take in memory; with as many in one answer, its rest is left to the next
 */
export async function decodeFetchResponse(response: Buffer, maxBatchBytes: number) {
  const decoder = new DecoderOf(response);
  let room = maxBatchBytes;
  const messagesOf = async (records: Buffer, highWatermark: bigint): Promise<BatchMessage[]> => {
    const messages: BatchMessage[] = [];
    const batches = [...batchesIn(records)];
    for (const [index, batch] of batches.entries()) {
      if (room <= 0) break;
      const decoded = await decodeBatch(batch, maxBatchBytes, offsetOf(batches[index + 1]) ?? highWatermark);
      room -= decoded.takenBytes;
      for (const message of decoded.messages) messages.push(message);
    }
    return messages;
  };
  const partition = async () => {
    const head = {
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
    };
    return { ...head, messages: await messagesOf(readRecords(decoder), BigInt(head.highWatermark)) };
  };
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

/** @returns the first offset of a batch, where it has one */
function offsetOf(batch: Buffer | undefined): bigint | undefined {
  return batch === undefined || batch.length < HEADER_BYTES ? undefined : batch.readBigInt64BE(0);
}

function readRecords(decoder: Decoder): Buffer {
  const size = decoder.readInt32();
  return size > 0 ? (decoder.readBytes(size) ?? Buffer.alloc(0)) : Buffer.alloc(0);
}

/**
 * What is cut off at the end comes with the next fetch. The first batch of an answer always comes whole, so one that does not, or
 * whose length is none, has a damaged length, and nobody knows where the next one begins.
 */
function* batchesIn(records: Buffer): Generator<Buffer> {
  for (let at = 0; at < records.length;) {
    const rest = records.subarray(at);
    const length = rest.length < LENGTH_END ? rest.length : rest.readInt32BE(LENGTH_AT);
    const end = LENGTH_END + length;
    const isCutOff = end > rest.length;
    if (isCutOff && at > 0) return;
    yield isCutOff || end < HEADER_BYTES ? rest : rest.subarray(0, end);
    if (end < HEADER_BYTES) return;
    at += end;
  }
}
