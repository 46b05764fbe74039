import { printable } from '@callbus/chassis';

const GAP = '  ';

/** Columns as wide as their widest cell, under their heads. @returns a line for each row */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const lines = [heads, ...rows].map((cells) => cells.map(printable));
  const widths = heads.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines.map((line) =>
    widths
      .map((width, column) => (line[column] ?? '').padEnd(width))
      .join(GAP)
      .trimEnd(),
  );
}

/** As Kafka and the events have it, to the millisecond. */
export function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
