/** C0, DEL and C1, which terminals obey, line and paragraph separators, halves of surrogate pairs, and what turns the direction of text. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]/gu;

/**
 * One line for a person's terminal, whoever wrote what is in it. What would not be shown as itself is written as JSON escapes it
 * (`\u001b`), a line break too; so JSON stays the same JSON.
 */
export function printable(line: string): string {
  return line.replace(UNPRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The same for text of several lines that our own code has laid out. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}
