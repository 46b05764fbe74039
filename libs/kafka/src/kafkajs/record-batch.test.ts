import { createRequire } from 'node:module';
import * as zlib from 'node:zlib';
import snappy from 'snappyjs';
import { decodeFetchResponse } from './fetch-response.js';
import { readZstdInJavaScript } from './decompress.js';
import { decodeBatch } from './record-batch.js';

const require = createRequire(import.meta.url);
const crc32c = require('kafkajs/src/protocol/recordBatch/crc32C/index.js') as (bytes: Buffer) => number;

/** The client moves on by `lastOffset`, unless the batch is empty for no reason that it knows. */
interface ClientsBatch {
  readonly messages: readonly { readonly value: Buffer | null }[];
  isEmpty(): boolean;
  isEmptyDueToFiltering(): boolean;
  lastOffset(): string;
}
const ClientsBatch = require('kafkajs/src/consumer/batch.js') as new (
  topic: string,
  fetchedOffset: string,
  partition: object,
) => ClientsBatch;

const MAX_BYTES = 64 * 1024;
/** Where every partition ends. */
const END = 20n;
const [NONE, GZIP, SNAPPY, LZ4, ZSTD] = [0, 1, 2, 3, 4];

/** A record without a key, as it is inside a batch: lengths below 64 are one byte, twice the length. */
function recordOf(value: Buffer, headers: readonly (readonly [string, string | null])[] = []): Buffer {
  const named = headers.flatMap(([name, text]) => [
    sized(Buffer.from(name)),
    text === null ? Buffer.from([1]) : sized(Buffer.from(text)),
  ]);
  return sized(Buffer.concat([Buffer.from([0, 0, 0, 1]), sized(value), varint(headers.length), ...named]));
}

function sized(bytes: Buffer): Buffer {
  return Buffer.concat([varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value * 2; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

/** A batch, of one record unless told otherwise. */
function batchOf(codec: number, records: Buffer, { offset = 7n, last = 0, count = 1 } = {}): Buffer {
  const batch = Buffer.alloc(61 + records.length);
  batch.writeBigInt64BE(offset, 0);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt8(2, 16);
  batch.writeInt16BE(codec, 21);
  batch.writeInt32BE(last, 23);
  batch.writeBigInt64BE(1_000n, 27);
  batch.writeBigInt64BE(1_000n, 35);
  batch.writeInt32BE(count, 57);
  records.copy(batch, 61);
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}

const read = async (batch: Buffer): Promise<(string | undefined)[]> =>
  (await decodeBatch(batch, MAX_BYTES, END)).messages.map(({ value, unreadable }) => unreadable?.reason ?? value?.toString());

const VALUE = 'the call, the call, the call';
const RECORD = recordOf(Buffer.from(VALUE));

function xerial(...blocks: Buffer[]): Buffer {
  const header = Buffer.from([0x82, ...Buffer.from('SNAPPY'), 0, 0, 0, 0, 1, 0, 0, 0, 1]);
  const framed = blocks.flatMap((block) => {
    const packed = snappy.compress(block);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(packed.length);
    return [length, packed];
  });
  return Buffer.concat([header, ...framed]);
}

/** An LZ4 frame of one block. */
function lz4(block: Buffer, { isStored = false, flags = 0x60 } = {}): Buffer {
  const frame = Buffer.alloc(11);
  frame.writeUInt32LE(0x184d2204, 0);
  frame.writeUInt8(flags, 4);
  frame.writeUInt8(0x40, 5);
  frame.writeUInt32LE(isStored ? block.length + 0x8000_0000 : block.length, 7);
  return Buffer.concat([frame, block, Buffer.alloc(4)]);
}

/** A block that repeats one zero byte: a literal, then a match of distance 1. */
function lz4Zeros(count: number): Buffer {
  const more = count - 1 - 4 - 15;
  const lengths = [...Array<number>(Math.floor(more / 255)).fill(255), more % 255];
  return Buffer.concat([Buffer.from([0x1f, 0, 1, 0]), Buffer.from(lengths), Buffer.from([0])]);
}

describe('a batch', () => {
  it.each<[string, number, Buffer]>([
    ['nothing', NONE, RECORD],
    ['gzip', GZIP, zlib.gzipSync(RECORD)],
    ['snappy, bare, as librdkafka does', SNAPPY, snappy.compress(RECORD)],
    ['snappy in blocks, as Java does', SNAPPY, xerial(RECORD.subarray(0, 5), RECORD.subarray(5))],
    ['lz4, stored', LZ4, lz4(RECORD, { isStored: true })],
    ['zstd', ZSTD, zlib.zstdCompressSync(RECORD)],
  ])('is read when it is compressed with %s', async (_name, codec, records) => {
    expect(await read(batchOf(codec, records))).toEqual([VALUE]);
  });

  it('is read from lz4 as other libraries write it', async () => {
    const text = 'the record of the call, the record of the call, the end of the call. '.repeat(8);
    for (const frame of [
      'BCJNGGBAgjMAAADgdGhlIHJlY29yZCBvZiAOAFFjYWxsLAoADxgABSllbi0AHy4tAAoPRQD/r2BjYWxsLiAAAAAA',
      'BCJNGHRAvTMAAADgdGhlIHJlY29yZCBvZiAOAFFjYWxsLAoADxgABSllbi0AHy4tAAoPRQD/r2BjYWxsLiA9ZSnAAAAAAFYyC8c=',
    ]) {
      const { messages } = await decodeBatch(batchOf(LZ4, Buffer.from(frame, 'base64')), MAX_BYTES, END);
      // The text is no record; that it is decompressed shows in what is wrong with it.
      expect(messages[0]?.unreadable?.reason).toBeDefined();
      const { readLz4Frame } = await import('./lz4-frame.js');
      expect(readLz4Frame(Buffer.from(frame, 'base64'), MAX_BYTES).toString()).toBe(text);
    }
  });

  it('is read from zstd where Node has none', () => {
    const packed = zlib.zstdCompressSync(RECORD);
    expect(readZstdInJavaScript(packed, MAX_BYTES)).toEqual(RECORD);
    expect(() => readZstdInJavaScript(packed.subarray(0, -3), MAX_BYTES)).toThrow();
    expect(() => readZstdInJavaScript(zlib.zstdCompressSync(Buffer.alloc(MAX_BYTES + 1)), MAX_BYTES)).toThrow(/more than/);
  });

  it('has the headers of its records, those of one name in a list', async () => {
    const headers = [
      ['one', '1'],
      ['__proto__', 'p'],
      ['constructor', null],
      ['many', 'a'],
      ['many', null],
      ['many', 'c'],
    ] as const;
    const { messages } = await decodeBatch(batchOf(NONE, recordOf(Buffer.from(VALUE), headers)), MAX_BYTES, END);
    expect(Object.entries(messages[0]?.headers ?? {})).toEqual([
      ['one', Buffer.from('1')],
      ['__proto__', Buffer.from('p')],
      ['constructor', null],
      ['many', [Buffer.from('a'), null, Buffer.from('c')]],
    ]);
  });

  it('is not read with more headers in a record than anybody needs, however small it is', async () => {
    const headersOf = (count: number) => Array.from({ length: count }, (_none, at) => [String(at), null] as const);
    const withHeaders = (count: number) => batchOf(NONE, recordOf(Buffer.from(VALUE), headersOf(count)));
    const [fits, ...more] = await Promise.all(
      [1_000, 1_001, 16_000].map((count) => decodeBatch(withHeaders(count), 1024 * 1024, END).then(({ messages }) => messages)),
    );
    expect(Object.keys(fits?.[0]?.headers ?? {})).toHaveLength(1_000);
    for (const messages of more) expect(messages[0]?.unreadable?.reason).toMatch(/has \d+ headers/);
  });

  it.each<[string, Buffer, number]>([
    ['records', RECORD, 200],
    ['headers', recordOf(Buffer.from(VALUE), Array<readonly [string, null]>(20).fill(['', null])), 15],
  ])('counts what its %s take in memory, not only their bytes', async (_name, record, count) => {
    const batch = (records: number) => batchOf(NONE, Buffer.concat(Array<Buffer>(records).fill(record)), { count: records });
    expect((await decodeBatch(batch(10), MAX_BYTES, END)).messages).toHaveLength(10);
    expect(await read(batch(count))).toEqual([expect.stringMatching(/more than \d+ bytes of memory/)]);
    // What it says of itself is not believed.
    expect(await read(batchOf(NONE, RECORD, { count: 2 ** 31 - 1 }))).toEqual([expect.stringMatching(/bytes of memory/)]);
    expect(await read(batchOf(NONE, RECORD, { count: -1 }))).toEqual([expect.stringMatching(/counts -1/)]);
  });

  it.each([
    ['all its records', Buffer.alloc(0), 0, []],
    ['its last records', RECORD, 1, [VALUE]],
  ])('of which compaction took %s is passed over to its end', async (_what, records, count, values) => {
    const { messages } = await decodeBatch(batchOf(NONE, records, { count, last: 5 }), MAX_BYTES, END);
    const batch = new ClientsBatch('t', '7', { partition: 0, highWatermark: String(END), messages, abortedTransactions: [] });
    expect(batch.messages.map(({ value }) => value?.toString())).toEqual(values);
    expect([batch.isEmpty() && !batch.isEmptyDueToFiltering(), batch.lastOffset()]).toEqual([false, '12']);
  });

  const bomb = Buffer.alloc(16 * 1024 * 1024);
  it.each<[string, number, Buffer]>([
    ['gzip', GZIP, zlib.gzipSync(bomb)],
    ['snappy', SNAPPY, snappy.compress(bomb)],
    ['snappy in blocks', SNAPPY, xerial(...Array<Buffer>(9).fill(Buffer.alloc(8 * 1024)))],
    ['lz4', LZ4, lz4(lz4Zeros(bomb.length))],
    ['zstd', ZSTD, zlib.zstdCompressSync(bomb)],
  ])('that decompresses from %s to more than the limit is not read', async (_name, codec, records) => {
    expect(await read(batchOf(codec, records))).toEqual([expect.stringMatching(/larger than|more than|too big|at most/)]);
  });

  it.each<[string, Buffer]>([
    ['an unknown codec', batchOf(6, RECORD)],
    ['a byte that changed on the disk', Buffer.from(batchOf(NONE, RECORD).map((byte, at) => (at === 70 ? byte ^ 1 : byte)))],
    ['compressed bytes that are none', batchOf(ZSTD, RECORD)],
    ['lz4 that is none', batchOf(LZ4, RECORD)],
    ['lz4 that refers to before its beginning', batchOf(LZ4, lz4(Buffer.from([0x10, 65, 9, 0])))],
    ['lz4 that ends inside a block', batchOf(LZ4, lz4(RECORD, { isStored: true }).subarray(0, 20))],
    ['lz4 that ends inside its literals', batchOf(LZ4, lz4(Buffer.from([0xf0, 255, 1, 65])))],
    ['snappy that is cut off', batchOf(SNAPPY, snappy.compress(RECORD).subarray(0, 9))],
    ['records that do not fill it', batchOf(NONE, Buffer.concat([RECORD, RECORD]))],
    ['records that are cut off', batchOf(NONE, RECORD.subarray(0, -4))],
  ])('with %s has its place and its bytes', async (name, batch) => {
    const { messages } = await decodeBatch(batch, MAX_BYTES, END);
    expect(messages).toMatchObject([{ offset: '7', value: null, unreadable: { firstOffset: '7', bytes: batch } }]);
    // The others are the same on every replica.
    expect(messages[0]?.unreadable?.isDamaged).toBe(name.includes('on the disk'));
  });
});

/** The answer to a fetch of one topic. */
function answerOf(...partitions: readonly (readonly Buffer[])[]): Buffer {
  const ints = (...values: number[]): Buffer => Buffer.concat(values.map(int32));
  const name = Buffer.from('t');
  return Buffer.concat([
    ints(0),
    Buffer.from([0, 0]),
    ints(0, 1),
    Buffer.from([0, name.length]),
    name,
    ints(partitions.length),
    ...partitions.flatMap((batches, partition) => {
      const records = Buffer.concat(batches);
      const offsets = Buffer.alloc(24);
      offsets.writeBigInt64BE(END, 0);
      return [ints(partition), Buffer.from([0, 0]), offsets, ints(0, -1, records.length), records];
    }),
  ]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

async function fetched(answer: Buffer, maxBytes = MAX_BYTES): Promise<string[][]> {
  const { responses } = await decodeFetchResponse(answer, maxBytes);
  return responses[0]?.partitions.map(({ messages }) => messages.map(({ offset }) => offset)) ?? [];
}

describe('the answer to a fetch', () => {
  const good = (offset: bigint): Buffer => batchOf(NONE, RECORD, { offset });
  const bad = batchOf(6, RECORD, { offset: 1n, last: 2 });

  it('has what can be read before what cannot, and its place', async () => {
    expect(await fetched(answerOf([good(9n)], [good(0n), bad, good(4n)]))).toEqual([['9'], ['0', '3']]);
  });

  it.each([
    ['far behind all others', 0x7fff_ffff],
    ['before its beginning', -5],
  ])('ends a damaged batch that says that it ends %s before the next one, or the end of the partition', async (_where, last) => {
    const damaged = batchOf(NONE, RECORD, { offset: 1n });
    damaged.writeInt32BE(last, 23);
    for (const [batches, next] of [
      [[damaged, good(4n), good(5n)], 4n],
      [[damaged], END],
    ] as const) {
      const [[offset] = []] = await fetched(answerOf([...batches]));
      expect(BigInt(offset ?? -1)).toBeGreaterThanOrEqual(1n);
      expect(BigInt(offset ?? -1)).toBeLessThan(next);
    }
  });

  it('leaves out a batch that is cut off at its end', async () => {
    expect(await fetched(answerOf([good(0n), good(1n).subarray(0, -1)]))).toEqual([['0']]);
    expect(await fetched(answerOf([good(0n), good(1n).subarray(0, 40)], []))).toEqual([['0'], []]);
  });

  it('has the place of a batch whose header is damaged in any bit', async () => {
    for (let bit = 0; bit < 61 * 8; bit += 1) {
      const damaged = good(7n);
      damaged.writeUInt8(damaged.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      const { responses } = await decodeFetchResponse(answerOf([damaged], [good(9n)]), MAX_BYTES);
      const [first] = responses[0]?.partitions ?? [];
      // The offset and the leader's epoch are in no checksum: with another one it is a batch like any other.
      const isElsewhere = bit < 8 * 8 || (bit >= 12 * 8 && bit < 16 * 8);
      expect([bit, first?.messages.length, first?.messages[0]?.unreadable === undefined]).toEqual([bit, 1, isElsewhere]);
    }
  });

  it.each([0, 11, 12, 16, 40, 60])('has the place of a first batch of which only %d bytes come', async (bytes) => {
    const offsets = await fetched(answerOf([good(7n).subarray(0, bytes)]));
    expect(offsets).toEqual([bytes === 0 ? [] : ['7']]);
  });

  it('is left to the next one from where it holds too much', async () => {
    expect(await fetched(answerOf([good(0n), good(1n)], [good(9n)]), RECORD.length + 400)).toEqual([['0'], []]);
  });
});
