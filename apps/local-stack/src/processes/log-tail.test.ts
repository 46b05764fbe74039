import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastLines } from './log-tail.js';

const folder = mkdtempSync(join(tmpdir(), 'tail-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('lastLines', () => {
  it('gives the last lines that say something, cut to a readable length', () => {
    const file = join(folder, 'a.log');
    writeFileSync(file, `${'x\n'.repeat(100_000)}one\n\n${'y'.repeat(5_000)}\nlast\n\n`);
    const lines = lastLines(file, 3);
    expect(lines.map((line) => line.slice(0, 4))).toEqual(['one', 'yyyy', 'last']);
    expect(lines[1]!.length).toBeLessThan(500);
  });

  it('gives none of a file that is not there', () => {
    expect(lastLines(join(folder, 'none.log'), 3)).toEqual([]);
  });
});
