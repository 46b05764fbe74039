import { isRFC3339, ValidateBy } from 'class-validator';

/**
 * The instant, in milliseconds since 1970, that a date-time of RFC 3339 names. `T` and `Z` may be in lower case, a blank may stand for
 * `T`, and a leap second counts as the one after it.
 * @returns null for any other text, such as a bare date or a time without its offset from UTC: it names no instant
 * @see https://www.rfc-editor.org/rfc/rfc3339#section-5.6
 */
export function dateTimeMs(text: string): number | null {
  if (!isRFC3339(text)) return null;
  const [date, time] = [text.slice(0, 10), text.slice(11).toUpperCase()];
  // Date takes 30 February for a day of March.
  if (new Date(date).getUTCDate() !== Number(date.slice(-2))) return null;
  const isLeapSecond = time.slice(6, 8) === '60';
  return isLeapSecond ? Date.parse(`${date}T${time.replace(':60', ':59')}`) + 1_000 : Date.parse(`${date}T${time}`);
}

/** A member that names an instant. */
export function IsDateTime(): PropertyDecorator {
  return ValidateBy(
    { name: 'isDateTime', validator: { validate: (value) => typeof value === 'string' && dateTimeMs(value) !== null } },
    { message: 'must be a date-time of RFC 3339 with its offset from UTC, such as 2026-01-31T12:00:00Z' },
  );
}
