import { createProgress } from './progress.js';

function recorder(isTTY: boolean) {
  const written: string[] = [];
  return { written, output: { isTTY, write: (text: string) => written.push(text) } };
}

describe('createProgress', () => {
  it('names a step once when it is short and nobody watches, and gives its result', async () => {
    const { written, output } = recorder(false);
    expect(await createProgress(output).step('booting', () => Promise.resolve(7))).toBe(7);
    expect(written).toEqual([expect.stringMatching(/^✓ booting \(\d+\.\d s\)\n$/)]);
  });

  it('shows a step at once on a terminal and replaces the line at its end', async () => {
    const { written, output } = recorder(true);
    await createProgress(output).step('booting', () => Promise.resolve());
    expect(written[0]).toContain('… booting');
    expect(written[0]).not.toContain('\n');
    expect(written.at(-1)).toMatch(/^\r.*✓ booting .*\n$/);
  });

  it('says lines in which no character moves the terminal', () => {
    const { written, output } = recorder(true);
    createProgress(output).say('✗ gateway-1 said:\n  \u001b]0;owned\u0007');
    expect(written).toEqual(['✗ gateway-1 said:\n  \\u001b]0;owned\\u0007\n']);
  });

  it('marks a step that failed and passes its error on', async () => {
    const { written, output } = recorder(false);
    await expect(createProgress(output).step('booting', () => Promise.reject(new Error('no memory')))).rejects.toThrow(
      'no memory',
    );
    expect(written).toEqual([expect.stringMatching(/^✗ booting/)]);
  });
});
