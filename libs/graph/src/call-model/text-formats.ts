import { parsePhoneNumberFromString } from 'libphonenumber-js/max';

/** A GUID as Graph writes it, in any case. */
export function isGuid(text: string): boolean {
  return /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(text);
}

/** Forms of text that JSON Schema's `format` names. */
export const TEXT_FORMATS = {
  uuid: isGuid,
  'web-address': (text: string): boolean => /^https?:\/\/\S+$/i.test(text) && URL.canParse(text),
  /** A number of a length that its country has, and nothing around it. Whether it is assigned only the network knows. */
  e164: (text: string): boolean => {
    if (!/^\+\d{1,15}$/.test(text)) return false;
    const phone = parsePhoneNumberFromString(text, { extract: false });
    return phone?.number === text && phone.isPossible();
  },
  /** Anything but a number that its caller pays extra for, such as 0900 in Germany. */
  'no-premium-rate': (text: string): boolean =>
    parsePhoneNumberFromString(text, { extract: false })?.getType() !== 'PREMIUM_RATE',
} as const;

export type TextFormat = keyof typeof TEXT_FORMATS;

export function isOfFormat(value: unknown, format: TextFormat): boolean {
  return typeof value === 'string' && TEXT_FORMATS[format](value);
}
