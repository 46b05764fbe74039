import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** How much of the end of a log file is looked at, bytes. */
const TAIL_BYTES = 16 * 1024;
/** A line is cut to this many characters. */
const LINE_CHARACTERS = 400;

/** The last lines of a log file, without empty ones; none when the file cannot be read. */
export function lastLines(file: string, count: number): readonly string[] {
  return tailOf(file)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .map((line) => (line.length > LINE_CHARACTERS ? `${line.slice(0, LINE_CHARACTERS)}…` : line));
}

function tailOf(file: string): string {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r');
    const size = fstatSync(descriptor).size;
    const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES));
    readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString('utf8');
  } catch {
    return '';
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
