import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import kafkajs, { type CompressionTypes } from 'kafkajs';
import * as lz4 from 'lz4js';
import snappy from 'snappyjs';

interface Codec {
  readonly compress: (encoder: { readonly buffer: Buffer }) => Promise<Buffer>;
  readonly decompress: (bytes: Buffer) => Promise<Buffer>;
}

// Node sees no further names in that CommonJS module.
const { CompressionCodecs, CompressionTypes: types } = kafkajs;
const XERIAL_HEADER_BYTES = 16;

/** Java writes snappy as a header and blocks with their lengths; librdkafka writes one bare block. */
function unsnappy(bytes: Buffer): Buffer {
  if (bytes.toString('latin1', 1, 7) !== 'SNAPPY') return snappy.uncompress(bytes);
  const blocks: Buffer[] = [];
  for (let at = XERIAL_HEADER_BYTES; at < bytes.length; at += 4 + bytes.readUInt32BE(at)) {
    blocks.push(snappy.uncompress(bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at))));
  }
  return Buffer.concat(blocks);
}

/** Frame descriptor with its checksum: the blocks are independent and have at most 4 MiB. */
const LZ4_DESCRIPTOR = Buffer.from([0x60, 0x70, 0x73]);
const LZ4_MAGIC_BYTES = 4;

/**
 * Declares the blocks of a frame of lz4js independent, which is true for a frame with one block. Otherwise a broker that has to
 * read the batch refuses it.
 */
function withIndependentBlocks(frame: Buffer): Buffer {
  LZ4_DESCRIPTOR.copy(frame, LZ4_MAGIC_BYTES);
  return frame;
}

const CODECS: readonly (readonly [CompressionTypes, Codec])[] = [
  [
    types.Snappy,
    {
      compress: ({ buffer }) => Promise.resolve(snappy.compress(buffer)),
      decompress: (bytes) => Promise.resolve(unsnappy(bytes)),
    },
  ],
  [
    types.LZ4,
    {
      compress: ({ buffer }) => Promise.resolve(withIndependentBlocks(Buffer.from(lz4.compress(buffer)))),
      decompress: (bytes) => Promise.resolve(Buffer.from(lz4.decompress(bytes))),
    },
  ],
  [types.ZSTD, { compress: ({ buffer }) => promisify(zstdCompress)(buffer), decompress: promisify(zstdDecompress) }],
];

/** Registers the codecs in kafkajs that it does not implement. */
export function registerCodecs(): void {
  for (const [type, codec] of CODECS) Object.assign(CompressionCodecs, { [type]: () => codec });
}
