import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ADVISED_CODES, CALLING_ROLES } from '@callbus/graph';
import { PROJECT_ROOT } from '../apps/local-stack/src/places.js';
import { REAL_SETTINGS } from '../apps/local-stack/src/service-plan.js';

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
