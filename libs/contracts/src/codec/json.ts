import { ContractError } from '../errors.js';

/** Levels that JSON from outside may nest. A call of Graph's nests about ten; code that walks a value stays far from its stack's end. */
export const MAX_INPUT_DEPTH = 100;

/** Levels that a record of ours may nest: it holds what came from outside, and what it came in. */
export const MAX_RECORD_DEPTH = 200;

/**
 * Largest value of a record that is parsed, in bytes, unless its topic has another limit. It is the largest `max.message.bytes`
 * of a topic. Kafka limits the compressed size only: a few kilobytes on the wire can hold JSON that takes gigabytes once it is
 * parsed.
 */
export const MAX_RECORD_BYTES = 8 * 1024 * 1024;

/** Skips a leading byte order mark, which some Windows tools write; RFC 8259, section 8.1, allows a parser to do so. */
const UTF8 = new TextDecoder('utf-8', { fatal: true });

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

/**
 * Reads the JSON of a record's value.
 * @throws ContractError TOO_LARGE, NOT_JSON, TOO_DEEP
 */
export function parseRecord(value: Buffer, maxBytes: number = MAX_RECORD_BYTES): unknown {
  refuseLarger(value, maxBytes);
  return parseJson(value);
}

/**
 * Parses JSON from outside, wherever its sender learns of a fault. Refuses what other readers may not be able to represent: half
 * of a surrogate pair or NUL in a text, and a number beyond the range of a double.
 * @throws ContractError TOO_LARGE, NOT_JSON, TOO_DEEP, NOT_I_JSON
 * @see https://www.rfc-editor.org/rfc/rfc7493#section-2
 */
export function parseInput(value: Buffer, maxBytes: number = MAX_RECORD_BYTES): unknown {
  refuseLarger(value, maxBytes);
  const content = parseJson(value, MAX_INPUT_DEPTH);
  const fault = faultIn(content);
  if (fault !== null) throw new ContractError('NOT_I_JSON', `$${fault.path} ${fault.message}.`);
  return content;
}

function refuseLarger(value: Buffer, maxBytes: number): void {
  if (value.length > maxBytes)
    throw new ContractError('TOO_LARGE', `The value has ${String(value.length)} bytes, more than ${String(maxBytes)}.`);
}

/** `path` is a JSONPath, relative to the value that was checked. */
interface Fault {
  readonly path: string;
  readonly message: string;
}

const BAD_TEXT: Fault = { path: '', message: 'has half of a surrogate pair, or NUL' };
const BAD_NAME: Fault = { path: '', message: 'has a member whose name has half of a surrogate pair, or NUL' };
const BAD_NUMBER: Fault = { path: '', message: 'is a number out of range' };

/** JSON.parse makes a larger number infinite. */
const LARGEST_NUMBER = Number.MAX_VALUE;

/** Finds the first fault. A megabyte of JSON can have half a million values, so the path is built only once a fault is found. */
function faultIn(value: unknown): Fault | null {
  if (typeof value === 'string') return isPlainText(value) ? null : BAD_TEXT;
  if (typeof value === 'number') return value > LARGEST_NUMBER || value < -LARGEST_NUMBER ? BAD_NUMBER : null;
  if (typeof value !== 'object' || value === null) return null;
  return Array.isArray(value) ? faultInArray(value) : faultInObject(value);
}

function faultInArray(array: readonly unknown[]): Fault | null {
  for (let index = 0; index < array.length; index++) {
    const fault = faultIn(array[index]);
    if (fault !== null) return { ...fault, path: `[${String(index)}]${fault.path}` };
  }
  return null;
}

function faultInObject(object: object): Fault | null {
  for (const name of Object.keys(object)) {
    if (!isPlainText(name)) return BAD_NAME;
    const fault = faultIn(object[name as keyof typeof object]);
    if (fault !== null) return { ...fault, path: `.${name.slice(0, SHOWN_NAME_LENGTH)}${fault.path}` };
  }
  return null;
}

/** How much of a member's name a message repeats: the sender chose its length. */
const SHOWN_NAME_LENGTH = 64;

function isPlainText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
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
