/**
 * Characters that a terminal obeys (C0, DEL and C1), line and paragraph separators, halves of surrogate pairs, and controls of
 * text direction.
 */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]/gu;

/**
 * Makes a line safe for a person's terminal, whoever wrote its content. Characters that would not be shown as themselves, line
 * breaks included, are written as JSON escapes them (`\u001b`); so JSON stays the same JSON.
 */
export function printable(line: string): string {
  return line.replace(UNPRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The same for a text of several lines; its line breaks stay. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}
