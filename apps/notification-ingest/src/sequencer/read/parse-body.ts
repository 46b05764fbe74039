import { ContractError, MAX_INPUT_DEPTH, parseJson } from '@callbus/contracts';
import { harmless, SUSPECT_JSON } from './harmless-json.js';

/** The JSON of a callback's body, or the reason why it is unreadable; the reason is null for an empty body. */
export type ParsedBody = { readonly content: unknown } | { readonly unreadable: string | null };

/** @param contentType the callback's header, which may name a charset. Total: it never throws */
export function parseBody(bytes: Buffer, contentType: string | undefined): ParsedBody {
  if (bytes.length === 0) return { unreadable: null };
  try {
    return { content: asWrittenAgain(parseJson(inUtf8(bytes, contentType), MAX_INPUT_DEPTH)) };
  } catch (error) {
    // TextDecoder throws RangeError for a charset that it does not know, TypeError for bytes that are not in it.
    const why = error instanceof ContractError ? error.detail : 'Its bytes are not in the charset that it names.';
    return { unreadable: `the body cannot be read: ${why}` };
  }
}

const UTF8_BOM = Buffer.from('\ufeff', 'utf8');
const UTF16LE_BOM = Buffer.from([0xff, 0xfe]);
const UTF16BE_BOM = Buffer.from([0xfe, 0xff]);

/** A byte order mark overrides the header. UTF-16 without a mark shows by zero bytes, since JSON's first character is ASCII. */
function inUtf8(bytes: Buffer, contentType = ''): Buffer {
  if (startsWith(bytes, UTF8_BOM)) return bytes;
  if (startsWith(bytes, UTF16LE_BOM) || (bytes[0] !== 0 && bytes[1] === 0)) return fromUtf16(bytes, 'utf-16le');
  if (startsWith(bytes, UTF16BE_BOM) || (bytes[0] === 0 && bytes[1] !== 0)) return fromUtf16(bytes, 'utf-16be');
  const [, charset = 'utf-8'] = /;[\t ]*charset[\t ]*=[\t ]*"?([^\t ";]+)/i.exec(contentType) ?? [];
  const decoder = new TextDecoder(charset, { fatal: true });
  return decoder.encoding === 'utf-8' ? bytes : Buffer.from(decoder.decode(bytes));
}

/** Not fatal: half of a surrogate pair becomes U+FFFD; any other wrong byte makes the JSON invalid. */
function fromUtf16(bytes: Buffer, encoding: 'utf-16le' | 'utf-16be'): Buffer {
  return Buffer.from(new TextDecoder(encoding).decode(bytes));
}

function startsWith(bytes: Buffer, mark: Buffer): boolean {
  return bytes.subarray(0, mark.length).equals(mark);
}

/** Writes and parses the value again, so that a snapshot returns the same value: JSON has neither −0 nor numbers out of range. */
function asWrittenAgain(content: unknown): unknown {
  const written = JSON.stringify(content);
  const again: unknown = JSON.parse(written);
  return SUSPECT_JSON.test(written) ? harmless(again) : again;
}
