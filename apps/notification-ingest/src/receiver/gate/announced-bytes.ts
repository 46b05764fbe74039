import type { IncomingHttpHeaders } from 'node:http';
import { Refusal } from '../refusals/refusals.js';

const JSON_TYPE = /^application\/json[\t ]*(;|$)/i;

/**
 * Judges a body by its headers, before the token is checked and before a byte of it is read. A callback without a body needs no
 * type, and one without a type is taken for JSON.
 * @returns the announced bytes; 0 when there is no body, or when it is chunked and its size is unknown
 * @throws Refusal
 */
export function announcedBytesOf(headers: IncomingHttpHeaders, maxBytes: number): number {
  const { 'content-type': type, 'content-encoding': encoding = 'identity', 'transfer-encoding': transfer } = headers;
  const bytes = Number(headers['content-length'] ?? 0);
  if (transfer === undefined && bytes === 0) return 0;
  if (type !== undefined && !JSON_TYPE.test(type)) throw new Refusal('WRONG_TYPE', 'its content-type is not application/json');
  if (encoding.toLowerCase() !== 'identity') throw new Refusal('WRONG_TYPE', 'it has a content-encoding');
  if (transfer !== undefined && transfer.toLowerCase() !== 'chunked') throw new Refusal('WRONG_TYPE', 'it is more than chunked');
  if (bytes > maxBytes) throw new Refusal('LARGE_BODY', `its headers announce ${bytes} bytes`);
  return bytes;
}
