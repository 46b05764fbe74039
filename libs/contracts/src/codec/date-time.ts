import { isRFC3339, ValidateBy } from 'class-validator';

/** The message for a text that `dateTimeMs` cannot read. */
export const DATE_TIME_RULE = 'must be a date-time of RFC 3339 with its offset from UTC, such as 2026-01-31T12:00:00Z';

/** Two forms that RFC 3339 does not have, but that still name an instant without doubt: no seconds, or no colon in the offset. */
const WITHOUT_SECONDS = /^(.{10}[T ]\d\d:\d\d)(?=Z|[+-])/i;
const OFFSET_WITHOUT_COLON = /([+-]\d\d)(\d\d)$/;

/**
 * The instant, in milliseconds since 1970, that a date-time of RFC 3339 names. `T` and `Z` may be in lower case, a space may
 * stand for `T`, and a leap second counts as the second after it. Seconds may be left out, and so may the colon of the offset.
 * @returns null for any other text, such as a bare date or a time without its offset from UTC: it names no instant
 * @see https://www.rfc-editor.org/rfc/rfc3339#section-5.6
 */
export function dateTimeMs(text: string): number | null {
  const whole = text.replace(WITHOUT_SECONDS, '$1:00').replace(OFFSET_WITHOUT_COLON, '$1:$2');
  if (!isRFC3339(whole)) return null;
  const [date, time] = [whole.slice(0, 10), whole.slice(11).toUpperCase()];
  // Date reads 30 February as a day in March.
  if (new Date(date).getUTCDate() !== Number(date.slice(-2))) return null;
  const isLeapSecond = time.slice(6, 8) === '60';
  return isLeapSecond ? Date.parse(`${date}T${time.replace(':60', ':59')}`) + 1_000 : Date.parse(`${date}T${time}`);
}

/**
 * A member that should name an instant. This rule checks only that it is text. Its reader checks the instant with `dateTimeMs`
 * later, so that a command that is in the ledger already is not refused for it.
 */
export function IsDateTimeText(): PropertyDecorator {
  return ValidateBy(
    { name: 'isDateTime', validator: { validate: (value) => typeof value === 'string' } },
    { message: DATE_TIME_RULE },
  );
}
