import type { HeaderValue } from '@callbus/kafka';
import { jsonIn, masked } from '../screen/masked.js';

const HIDDEN = '(shown by --reveal)';

/** The bytes of a record for people: JSON as such and masked, anything else only when it is revealed. */
export function shownValue(value: Buffer | null, reveal: boolean): unknown {
  if (value === null) return null;
  const json = jsonIn(value);
  if (json !== undefined) return reveal ? json : hidingOddBody(json);
  return reveal ? exactText(value) : hidden(value.length);
}

/** Only a JSON body can be redacted by member; other text and `bodyBase64` are hidden as a whole. */
function hidingOddBody(json: unknown): unknown {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return masked(json);
  const { body, bodyBase64 } = json as { readonly body?: unknown; readonly bodyBase64?: unknown };
  const isOdd = typeof body === 'string' && body !== '' && jsonIn(Buffer.from(body)) === undefined;
  return {
    ...(masked(json) as object),
    ...(isOdd && { body: hidden(Buffer.byteLength(body)) }),
    ...(typeof bodyBase64 === 'string' && { bodyBase64: hidden(Buffer.byteLength(bodyBase64, 'base64')) }),
  };
}

function hidden(bytes: number): string {
  return `${bytes} bytes that are no JSON ${HIDDEN}`;
}

/** A key, or one value of a header. */
export function shownText(bytes: Buffer | string | null, reveal: boolean): string | null {
  if (bytes === null) return null;
  const text = exactText(Buffer.from(bytes));
  return reveal ? text : (masked(text) as string);
}

export function shownHeaders(headers: Readonly<Record<string, HeaderValue>>, reveal: boolean): Record<string, unknown> {
  const shown = Object.entries(headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.map((one) => shownText(one, reveal)) : shownText(value ?? null, reveal),
  ]);
  const all = Object.fromEntries(shown) as Record<string, unknown>;
  return reveal ? all : (masked(all) as Record<string, unknown>);
}

/** Text if it is text, else base64 that says so. */
function exactText(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return `base64:${bytes.toString('base64')}`;
  }
}
