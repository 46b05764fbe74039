import { join } from 'node:path';
import { ESLint } from 'eslint';
import { PROJECT_ROOT } from '../apps/local-stack/src/places.js';
import { PATTERNS_OF_MEMBERS } from '../libs/chassis/src/logger.js';

const GROWTH = ['regexp/no-super-linear-backtracking', 'regexp/no-super-linear-move'];
const RULES = [...GROWTH, 'no-restricted-syntax'];
const SOURCE = 'apps/gateway/src/example.ts';

// Only the rules about patterns, which need no types: those take a second for each file.
const eslint = new ESLint({
  cwd: PROJECT_ROOT,
  ruleFilter: ({ ruleId }) => RULES.includes(ruleId),
  overrideConfig: { languageOptions: { parserOptions: { project: null } } },
});

/** @returns the rules that this text breaks in the place of a service's source */
async function broken(text: string): Promise<(string | null)[]> {
  const [result] = await eslint.lintText(text, { filePath: join(PROJECT_ROOT, SOURCE) });
  return (result?.messages ?? []).map(({ ruleId, fatal, message }) => (fatal === true ? message : ruleId));
}

describe('the time that a pattern takes (G10)', () => {
  it.each([
    [
      'the split of a $filter at its blanks, as it was',
      String.raw`export const read = (filter: string) => filter.split(/\s+or\s+/i);`,
    ],
    ['repeats within repeats', String.raw`export const read = /^(\w+)+$/;`],
    ['neighbours that take the same text', String.raw`export const read = /^\w*\d*x$/;`],
    ['slashes at the end of a text', String.raw`export const read = /\/+$/;`],
  ])('grows faster than the text with %s, and the linter says so', async (_what, text) => {
    expect(GROWTH).toEqual(expect.arrayContaining(await broken(text)));
    expect(await broken(text)).not.toEqual([]);
  });

  it('is unknown for a pattern that is built at run time, and the linter refuses it', async () => {
    expect(await broken('export const read = (text: string) => new RegExp(text);')).toEqual(['no-restricted-syntax']);
    expect(await broken('export const read = (text: string) => RegExp(text);')).toEqual(['no-restricted-syntax']);
  });

  it.each(Object.entries(PATTERNS_OF_MEMBERS))('grows only linearly for the log’s «%s»', async (_name, pattern) => {
    expect(await broken(`export const read = ${String(pattern)};`)).toEqual([]);
  });

  it('grows only linearly in every source; one file may build patterns, and the test above checks those', async () => {
    const results = await eslint.lintFiles(['apps/*/src/**/!(*.test).ts', 'libs/*/src/**/!(*.test).ts']);
    expect(results.length).toBeGreaterThan(200);
    const messages = results.flatMap((result) => result.messages.map((message) => `${result.filePath}: ${message.message}`));
    expect(messages).toEqual([]);
    const excused = results.filter(({ suppressedMessages }) => suppressedMessages.length > 0);
    expect(excused.map(({ filePath }) => filePath)).toEqual([join(PROJECT_ROOT, 'libs/chassis/src/logger.ts')]);
  });
});
