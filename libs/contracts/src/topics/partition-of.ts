const SEED = 0x9747b28c;
const M = 0x5bd1e995;

/**
 * The partition of a key, as Kafka's Java client chooses it: murmur2 modulo the count. Every record of ours goes to an
 * explicit partition, so that no client's default decides.
 */
export function partitionOf(key: string | Buffer, partitions: number): number {
  const bytes = typeof key === 'string' ? Buffer.from(key, 'utf8') : key;
  return (murmur2(bytes) & 0x7fffffff) % partitions;
}

/** murmur2, 32 bits, signed, with the seed that org.apache.kafka.common.utils.Utils uses. */
export function murmur2(bytes: Buffer): number {
  const wholeLength = bytes.length & ~3;
  let h = SEED ^ bytes.length;
  for (let i = 0; i < wholeLength; i += 4) {
    let k = Math.imul(bytes.readInt32LE(i), M);
    k ^= k >>> 24;
    h = Math.imul(h, M) ^ Math.imul(k, M);
  }
  const rest = bytes.length - wholeLength;
  if (rest >= 3) h ^= bytes.readUInt8(wholeLength + 2) << 16;
  if (rest >= 2) h ^= bytes.readUInt8(wholeLength + 1) << 8;
  if (rest >= 1) h = Math.imul(h ^ bytes.readUInt8(wholeLength), M);
  h ^= h >>> 13;
  h = Math.imul(h, M);
  return h ^ (h >>> 15);
}
