import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { Decompress as ZstdStream } from 'fzstd';
import snappy from 'snappyjs';
import { readLz4Frame } from './lz4-frame.js';

/** Kafka's numbers of the codecs, in the lowest bits of a batch's attributes. */
const [NONE, GZIP, SNAPPY, LZ4, ZSTD] = [0, 1, 2, 3, 4];

const unzip = promisify(zlib.unzip);

/**
 * Decompresses the records of a batch, whichever codec its producer used.
 * @param maxBytes limit of the decompressed size: one compressed megabyte can hold gigabytes of zeros
 * @throws Error with the reason in words
 */
export async function decompress(codec: number, bytes: Buffer, maxBytes: number): Promise<Buffer> {
  switch (codec) {
    case NONE:
      return bytes;
    case GZIP:
      return unzip(bytes, { maxOutputLength: maxBytes });
    case SNAPPY:
      return readSnappy(bytes, maxBytes);
    case LZ4:
      return readLz4Frame(bytes, maxBytes);
    case ZSTD:
      return readZstd(bytes, maxBytes);
    default:
      throw new Error(`its codec ${String(codec)} is unknown`);
  }
}

/** How Java's producers begin: a magic number, then two version numbers, then blocks with their lengths; librdkafka's write one bare block. */
const XERIAL_MAGIC = Buffer.from([0x82, ...Buffer.from('SNAPPY'), 0]);
const XERIAL_HEADER_BYTES = 16;

function readSnappy(bytes: Buffer, maxBytes: number): Buffer {
  if (!bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return snappy.uncompress(bytes, maxBytes);
  const blocks: Buffer[] = [];
  let room = maxBytes;
  for (let at = XERIAL_HEADER_BYTES; at < bytes.length;) {
    const size = bytes.readUInt32BE(at);
    const block = snappy.uncompress(bytes.subarray(at + 4, at + 4 + size), room);
    blocks.push(block);
    room -= block.length;
    at += 4 + size;
  }
  return Buffer.concat(blocks);
}

/** Node 20 has no zstd of its own. */
const nativeZstd = (zlib as Partial<typeof zlib>).zstdDecompress;
const readZstd = nativeZstd === undefined ? readZstdInJavaScript : readZstdNatively(promisify(nativeZstd));

function readZstdNatively(unpack: (bytes: Buffer, options: zlib.ZstdOptions) => Promise<Buffer>) {
  return (bytes: Buffer, maxBytes: number): Promise<Buffer> => unpack(bytes, { maxOutputLength: maxBytes });
}

export function readZstdInJavaScript(bytes: Buffer, maxBytes: number): Buffer {
  const parts: Uint8Array[] = [];
  let size = 0;
  const ended = { isWhole: false };
  const stream = new ZstdStream((part, isFinal) => {
    size += part.length;
    if (size > maxBytes) throw new RangeError(`it decompresses to more than ${String(maxBytes)} bytes`);
    parts.push(part);
    if (isFinal === true) ended.isWhole = true;
  });
  stream.push(bytes, true);
  if (!ended.isWhole) throw new Error('the Zstandard frame is cut off');
  return Buffer.concat(parts);
}
