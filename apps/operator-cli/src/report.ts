import { printable } from '@callbus/chassis';

/** What a command found or did. */
export interface Report {
  /** For programs, as JSON. */
  readonly data: unknown;
  /** For people. Each is one line, whatever is in it. */
  readonly lines: readonly string[];
  /** Decides the exit code: 0, or 1. */
  readonly isWell: boolean;
}

/** What goes to the terminal: all that any command prints passes here. */
export function render({ data, lines }: Report, isJson: boolean): string {
  const shown = isJson ? JSON.stringify(data, null, 2).split('\n') : lines;
  return `${shown.map(printable).join('\n')}\n`;
}

/** The command line asks for something that does not exist or does not go together; exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}
