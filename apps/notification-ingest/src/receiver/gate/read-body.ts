import { finished, type Readable } from 'node:stream';
import type { Place } from './in-flight.js';
import { Refusal } from '../refusals/refusals.js';

/**
 * Reads a whole body, and no byte more than it may have or than there is room for. The stream is left open: the answer goes
 * out on its socket.
 * @throws Refusal
 */
export function readBody(stream: Readable, maxBytes: number, place: Place): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const stop = (refusal: Refusal): void => {
    // What else comes is dropped.
    stream.off('data', take);
    reject(refusal);
  };
  const take = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes > maxBytes) stop(new Refusal('LARGE_BODY', `its chunks have more than ${maxBytes} bytes`));
    else if (!place.reserve(bytes)) stop(new Refusal('OVERLOADED', 'too many bytes are under way'));
    else chunks.push(chunk);
  };
  stream.on('data', take);
  // Of a stream that has broken off already, while its token was checked, nothing more would be heard.
  finished(stream, { writable: false }, (error) => {
    if (error) stop(new Refusal('MALFORMED_REQUEST', 'its body broke off', { cause: error }));
    else resolve(Buffer.concat(chunks, bytes));
  });
  return promise;
}
