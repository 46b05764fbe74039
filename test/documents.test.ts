import 'reflect-metadata';
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ADVISED_CODES, CALLING_ROLES } from '@callbus/graph';
import { SIGNATURES } from '../apps/graph-simulator/src/control/control-orders.js';
import { ACTIONS, TARGETS } from '../apps/graph-simulator/src/faults/fault-order.js';
import type { Context } from '../apps/operator-cli/src/command-line/context.js';
import { createProgram } from '../apps/operator-cli/src/program.js';
import { PROJECT_ROOT } from '../apps/local-stack/src/places.js';
import { REAL_SETTINGS } from '../apps/local-stack/src/services/service-plan.js';
import { readRules } from './kubernetes/monitoring.js';

const pages = globSync('{*.md,{docs,k8s}/**/*.md}', { cwd: PROJECT_ROOT });

it('has pages that say what the code says', () => {
  execFileSync(process.execPath, [join(PROJECT_ROOT, 'docs', 'generate.mjs'), '--check'], { stdio: 'pipe' });
});

it.each(pages)('%s has no link that leads nowhere', (page) => {
  const text = readFileSync(join(PROJECT_ROOT, page), 'utf8');
  const targets = [...text.matchAll(/\]\(([^)#\s]+)/g)].map(([, target]) => target ?? '');
  const ours = targets.filter((target) => !/^[a-z]+:/.test(target));
  expect(ours.filter((target) => !existsSync(join(PROJECT_ROOT, dirname(page), target)))).toEqual([]);
});

it.each(pages)('%s has no link to a heading that is not there', (page) => {
  const links = [...readFileSync(join(PROJECT_ROOT, page), 'utf8').matchAll(/\]\(((?![a-z]+:)[^)#\s]*)#([^)]+)\)/g)];
  const missing = links.filter(([, path = '', anchor = '']) => {
    const target = path === '' ? page : join(dirname(page), path);
    return !anchorsOf(readFileSync(join(PROJECT_ROOT, target), 'utf8')).includes(anchor);
  });
  expect(missing.map(([link]) => link)).toEqual([]);
});

/** As GitHub makes them of headings. */
function anchorsOf(text: string): string[] {
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading.toLowerCase());
  return headings.map((heading) => heading.replaceAll(/[^\p{L}\p{N}\- ]/gu, '').replaceAll(' ', '-'));
}

describe('a code such as G3, T9 or F12', () => {
  const read = (file: string): string => readFileSync(join(PROJECT_ROOT, file), 'utf8');
  const folders = '{apps,libs,test,bench,examples,docs,k8s}';
  const files = globSync([`${folders}/**/*.{ts,js,mjs,md,yaml}`, '*.md'], {
    cwd: PROJECT_ROOT,
    exclude: ['**/node_modules/**', '**/dist/**'],
  });
  const rowOf = (code: string): string[] =>
    globSync('docs/{glossary,kafka-client}.md', { cwd: PROJECT_ROOT }).flatMap((page) =>
      read(page)
        .split('\n')
        .filter((line) => line.startsWith(`| ${code} `)),
    );
  const faultRows = globSync('test/{faults,hostile}/*.ts', { cwd: PROJECT_ROOT }).flatMap((file) =>
    [...read(file).matchAll(/\bid: '(F\d+)'/g)].map(([, id = '']) => id),
  );
  const codes = new Set(files.flatMap((file) => [...read(file).matchAll(/\b[GTF]\d{1,2}\b/g)].map(([code]) => code)));

  it.each([...codes].toSorted())('is defined: %s', (code) => {
    expect(code.startsWith('F') ? faultRows.filter((id) => id === code) : rowOf(code)).toHaveLength(1);
  });

  it.each([...codes].filter((code) => code.startsWith('G')))('is named by the tests that the glossary lists: %s', (code) => {
    const tests = [...(rowOf(code)[0] ?? '').matchAll(/\]\(\.\.\/([^)]+)\)/g)].map(([, file = '']) => file);
    expect(tests).not.toEqual([]);
    expect(tests.filter((file) => !new RegExp(`\\b${code}\\b`).test(read(file)))).toEqual([]);
  });
});

describe('docs/tenant-setup.md', () => {
  const text = readFileSync(join(PROJECT_ROOT, 'docs', 'tenant-setup.md'), 'utf8');

  it.each(ADVISED_CODES)('has the place to which the advice on %s points', (code) => {
    expect(text).toContain(`\n### ${code}\n`);
  });

  it.each(CALLING_ROLES)('says which call needs %s', (role) => {
    expect(text).toMatch(new RegExp(`^\\|.*\\| \`${role}\` *\\|$`, 'm'));
  });

  it.each(Object.keys(REAL_SETTINGS))('says what %s is to those who try a real tenant', (name) => {
    expect(text).toMatch(new RegExp(`^ *\\| .*\`${name}\`.*\\|.*\\|$`, 'm'));
  });
});

describe('docs/simulator.md', () => {
  const text = readFileSync(join(PROJECT_ROOT, 'docs', 'simulator.md'), 'utf8');

  it.each([...TARGETS, ...ACTIONS, ...SIGNATURES])('knows %s', (name) => {
    expect(text).toContain(`\`${name}\``);
  });
});

describe('docs/operations.md', () => {
  const text = readFileSync(join(PROJECT_ROOT, 'docs', 'operations.md'), 'utf8');
  const sections = text.split(/^#{2,3} /m).map((section) => ({ heading: section.split('\n')[0] ?? '', section }));
  const ofAlerts = sections.filter(({ heading }) => heading.startsWith('Callbus'));

  it('has a section for every alert, and for no other', () => {
    const alerts = new Set(readRules().flatMap(({ alert }) => (alert === undefined ? [] : [alert])));
    expect(ofAlerts.map(({ heading }) => heading)).toEqual([...alerts]);
  });

  it.each(ofAlerts)('says what $heading means, where to look, what to do and what to type', ({ section }) => {
    expect(section).toMatch(/\*\*Meaning\.\*\* [^]*\*\*First look\.\*\* [^]*\*\*Do\.\*\* /);
    expect(section).toMatch(/`callbus [a-z]/);
  });

  it('has commands that the callbus command knows', () => {
    const typed = [...text.matchAll(/`callbus ([a-z][a-z-]*(?: [a-z][a-z-]*)*)/g)].map(([, words = '']) => words.trim());
    const { commands } = createProgram({} as Context);
    const known = commands.flatMap((one) => [one.name(), ...one.commands.map((sub) => `${one.name()} ${sub.name()}`)]);
    expect(typed.filter((words) => !known.includes(words))).toEqual([]);
  });
});
