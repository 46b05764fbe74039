import { scrub, SECRET_MEMBERS } from '@callbus/chassis';
import { ContractError, parseJson } from '@callbus/contracts';

const MASK = '[masked]';
/** The keys that somebody presses may be a PIN. */
const MASKED_MEMBERS: readonly string[] = [...SECRET_MEMBERS, 'tone'];

/**
 * A copy without what only some may see: display names, passcodes, tokens and the like by their members, and phone numbers
 * and bearer tokens wherever they stand, also in JSON that is inside of text.
 */
export function masked(value: unknown): unknown {
  if (typeof value === 'string') return maskedText(value);
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      MASKED_MEMBERS.includes(name) && typeof member === 'string' ? MASK : masked(member),
    ]),
  );
}

function maskedText(text: string): string {
  if (!/^\s*[[{]/.test(text)) return scrub(text);
  const json = jsonIn(Buffer.from(text));
  return json === undefined ? scrub(text) : JSON.stringify(masked(json));
}

/** @returns undefined for what is no JSON, or nests deeper than any message of ours */
export function jsonIn(bytes: Buffer): unknown {
  try {
    return parseJson(bytes);
  } catch (error) {
    if (error instanceof ContractError) return undefined;
    throw error;
  }
}
