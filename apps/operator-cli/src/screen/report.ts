import { printable } from '@callbus/chassis';

/** What a command found or did. */
export interface Report {
  /** For programs, as JSON. */
  readonly data: unknown;
  /** For people. Each element is printed as one line, whatever it contains. */
  readonly lines: readonly string[];
  /** Decides the exit code: 0, or 1. */
  readonly isWell: boolean;
}

/** Renders a report for standard output. All that a command prints passes here. */
export function render({ data, lines }: Report, isJson: boolean): string {
  const shown = isJson ? JSON.stringify(data, null, 2).split('\n') : lines;
  return `${shown.map(printable).join('\n')}\n`;
}
