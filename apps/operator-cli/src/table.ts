const GAP = '  ';

/** Columns as wide as their widest cell, under their heads. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [heads, ...rows];
  const widths = heads.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      widths
        .map((width, column) => (line[column] ?? '').padEnd(width))
        .join(GAP)
        .trimEnd(),
    )
    .join('\n');
}

/** As Kafka and the events have it, to the millisecond. */
export function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
