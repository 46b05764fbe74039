import type { PlainRecord } from './plain-kafka.js';

/** The bytes of a callback as its observation carries them: as text, or where they are no text as base64. */
export function storedBody({ value }: Pick<PlainRecord, 'value'>): Buffer {
  const { body, bodyBase64 } = JSON.parse(String(value)) as { readonly body?: string; readonly bodyBase64?: string };
  return bodyBase64 === undefined ? Buffer.from(body ?? '') : Buffer.from(bodyBase64, 'base64');
}
