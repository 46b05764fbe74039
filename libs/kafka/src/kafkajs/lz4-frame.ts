const MAGIC = 0x184d2204;
const VERSION_MASK = 0xc0;
const VERSION = 0x40;
const HAS_BLOCK_CHECKSUMS = 0x10;
const HAS_CONTENT_SIZE = 0x08;
const HAS_DICTIONARY = 0x01;
const IS_STORED = 0x8000_0000;
const SHORTEST_MATCH = 4;

/**
 * Decompresses an LZ4 frame as Kafka's producers write it. It ignores the frame's checksums, since Kafka's own covers the batch.
 * Own code: the packages either need a native binary per platform or check neither their input nor the size of their output.
 * https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 * @throws Error for anything but one whole frame, and for more than `maxBytes` of content
 */
export function readLz4Frame(frame: Buffer, maxBytes: number): Buffer {
  if (frame.readUInt32LE(0) !== MAGIC) throw new Error('no LZ4 frame begins here');
  const flags = frame.readUInt8(4);
  if ((flags & VERSION_MASK) !== VERSION) throw new Error('the LZ4 frame has an unknown version');
  if ((flags & HAS_DICTIONARY) !== 0) throw new Error('the LZ4 frame needs a dictionary');
  // The magic number, two bytes of descriptor, perhaps the content's size, and the descriptor's checksum.
  let at = 7 + ((flags & HAS_CONTENT_SIZE) !== 0 ? 8 : 0);
  const content = new Content(maxBytes);
  for (;;) {
    const header = frame.readUInt32LE(at);
    if (header === 0) return content.bytes();
    const size = header & ~IS_STORED;
    const block = frame.subarray(at + 4, at + 4 + size);
    if (block.length < size) throw new Error('the LZ4 frame ends inside a block');
    if (header >= IS_STORED) content.append(block);
    else readBlock(block, content);
    at += 4 + size + ((flags & HAS_BLOCK_CHECKSUMS) !== 0 ? 4 : 0);
  }
}

function readBlock(block: Buffer, content: Content): void {
  let at = 0;
  /** Reads a length: four bits are in the token; 15 there means that more bytes follow, up to the first that is not 255. */
  const lengthFrom = (bits: number): number => {
    let length = bits;
    for (let more = bits === 15 ? 255 : 0; more === 255;) {
      more = block.readUInt8(at++);
      length += more;
    }
    return length;
  };
  while (at < block.length) {
    const token = block.readUInt8(at++);
    const literals = lengthFrom(token >> 4);
    if (at + literals > block.length) throw new Error('the LZ4 block ends inside its literals');
    content.append(block.subarray(at, (at += literals)));
    if (at === block.length) return;
    const distance = block.readUInt16LE(at);
    at += 2;
    content.repeat(distance, SHORTEST_MATCH + lengthFrom(token & 15));
  }
}

/** The output so far; later parts of the frame refer back to it. */
class Content {
  private buffer = Buffer.allocUnsafe(64 * 1024);
  private length = 0;

  constructor(private readonly maxBytes: number) {}

  append(bytes: Buffer): void {
    this.makeRoom(bytes.length);
    this.length += bytes.copy(this.buffer, this.length);
  }

  repeat(distance: number, count: number): void {
    if (distance === 0 || distance > this.length) throw new Error('the LZ4 block refers to before its beginning');
    this.makeRoom(count);
    const { buffer } = this;
    const end = this.length + count;
    // Byte by byte: source and target may overlap.
    for (let to = this.length; to < end; to += 1) buffer[to] = buffer[to - distance] as number;
    this.length = end;
  }

  bytes(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  private makeRoom(count: number): void {
    const needed = this.length + count;
    if (needed > this.maxBytes) throw new RangeError(`it decompresses to more than ${String(this.maxBytes)} bytes`);
    if (needed <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.buffer.length));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}
