import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PROJECT_ROOT } from '../../apps/local-stack/src/places.js';

/** The libraries that a build has of its own; everything else is shared. */
const OWN_SCOPE = '@callbus';

/** @param revision as git understands it @returns null where git does not know that commit, as in a shallow clone */
export function commitOf(revision: string): string | null {
  try {
    const asked = ['rev-parse', '--verify', '--quiet', `${revision}^{commit}`];
    return execFileSync('git', asked, { cwd: PROJECT_ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null;
  }
}

/**
 * Builds another commit of this project in a folder of its own, with the dependencies of this one.
 * @returns the folder
 */
export function buildOf(commit: string): string {
  const folder = join(PROJECT_ROOT, '.cache', 'builds', commit);
  if (existsSync(join(folder, 'complete'))) return folder;
  // Those of other commits are not needed again.
  rmSync(dirname(folder), { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const archive = execFileSync('git', ['archive', commit], { cwd: PROJECT_ROOT, maxBuffer: 256 * 1024 * 1024 });
  execFileSync('tar', ['-x', '-C', folder], { input: archive });
  linkDependencies(folder);
  const compiler = join(PROJECT_ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  execFileSync(process.execPath, [compiler, '-b'], { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
  mkdirSync(join(folder, 'complete'));
  return folder;
}

function linkDependencies(folder: string): void {
  const shared = join(PROJECT_ROOT, 'node_modules');
  const own = join(folder, 'node_modules');
  mkdirSync(join(own, OWN_SCOPE), { recursive: true });
  for (const name of readdirSync(shared)) if (name !== OWN_SCOPE) symlinkSync(join(shared, name), join(own, name));
  for (const name of readdirSync(join(folder, 'libs'))) symlinkSync(join(folder, 'libs', name), join(own, OWN_SCOPE, name));
  for (const kind of ['apps', 'libs']) {
    for (const name of readdirSync(join(folder, kind))) {
      const nested = join(PROJECT_ROOT, kind, name, 'node_modules');
      if (existsSync(nested)) symlinkSync(nested, join(folder, kind, name, 'node_modules'));
    }
  }
}
