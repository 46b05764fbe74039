const DEFAULT_RETRY_AFTER_MS = 1_000;
/** No command lives longer than a day, so a longer wait means the same. */
const MAX_RETRY_AFTER_MS = 24 * 60 * 60 * 1_000;

/** Names in lower case, as Node's HTTP gives them. */
export type WireHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The first, where a header came several times. */
export function headerOf(headers: WireHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : value?.[0];
}

/**
 * How long an answer asks to wait: seconds, which Graph writes with fractions too, or a date, which counts from the
 * answer's own Date, since the clocks may differ.
 * @param receivedAtMs when the answer was read, ms since 1970, for a date without a Date
 * @returns milliseconds; a second where nothing readable is said
 */
export function retryAfterMsOf(headers: WireHeaders, receivedAtMs: number = NaN): number {
  const retryAfter = headerOf(headers, 'retry-after')?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(retryAfter)) return bounded(Number(retryAfter) * 1_000);
  const untilMs = Date.parse(retryAfter);
  const dateMs = Date.parse(headerOf(headers, 'date') ?? '');
  const nowMs = Number.isNaN(dateMs) ? receivedAtMs : dateMs;
  return Number.isNaN(untilMs - nowMs) ? DEFAULT_RETRY_AFTER_MS : bounded(untilMs - nowMs);
}

function bounded(waitMs: number): number {
  return Math.min(Math.max(Math.ceil(waitMs), 0), MAX_RETRY_AFTER_MS);
}
