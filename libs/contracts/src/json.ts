import { ContractError } from './errors.js';

/** Levels that JSON from outside may nest. A call of Graph's nests about ten; code that walks a value stays far from its stack's end. */
export const MAX_INPUT_DEPTH = 100;

/** Levels that a record of ours may nest: it holds what came from outside, and what it came in. */
export const MAX_RECORD_DEPTH = 200;

/**
 * Bytes of a record's value that are parsed at most, unless its topic says otherwise: no topic takes more. A few kilobytes on the wire can
 * hold JSON that takes gigabytes once it is parsed, and Kafka measures what it is compressed to.
 */
export const MAX_RECORD_BYTES = 8 * 1024 * 1024;

export interface RecordLimits {
  /** Levels that its JSON may nest. @default MAX_RECORD_DEPTH */
  readonly maxDepth?: number;
  /** @default MAX_RECORD_BYTES */
  readonly maxBytes?: number;
}

/**
 * Reads the JSON of a record's value.
 * @throws ContractError TOO_LARGE, NOT_JSON, TOO_DEEP
 */
export function parseRecord(value: Buffer, { maxDepth, maxBytes = MAX_RECORD_BYTES }: RecordLimits = {}): unknown {
  if (value.length > maxBytes)
    throw new ContractError('TOO_LARGE', `The value has ${String(value.length)} bytes, more than ${String(maxBytes)}.`);
  return parseJson(value, maxDepth);
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * @param maxDepth levels that it may nest
 * @throws ContractError NOT_JSON, TOO_DEEP
 */
export function parseJson(value: Buffer, maxDepth: number = MAX_RECORD_DEPTH): unknown {
  if (isDeeper(value, maxDepth)) throw new ContractError('TOO_DEEP', `The value nests deeper than ${String(maxDepth)} levels.`);
  try {
    return JSON.parse(UTF8.decode(value)) as unknown;
  } catch (error) {
    throw new ContractError('NOT_JSON', `The value cannot be read: ${error instanceof SyntaxError ? 'bad JSON' : 'bad UTF-8'}.`);
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** In ASCII a square bracket is its curly one without this bit. */
const CURLY_BIT = 0x20;
const OPENING = 0x7b;
const CLOSING = 0x7d;

/** Counts brackets outside of strings; so it is known before anything is built. */
function isDeeper(json: Buffer, maxDepth: number): boolean {
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at] as number;
    if (byte === QUOTE) at = endOfString(json, at);
    else if ((byte | CURLY_BIT) === OPENING) {
      if (++depth > maxDepth) return true;
    } else if ((byte | CURLY_BIT) === CLOSING) depth--;
  }
  return false;
}

function endOfString(json: Buffer, start: number): number {
  for (let at = start + 1; at < json.length; at++) {
    if (json[at] === BACKSLASH) at++;
    else if (json[at] === QUOTE) return at;
  }
  return json.length;
}
