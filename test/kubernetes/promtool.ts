import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../apps/local-stack/src/places.js';

const FOLDER = join(process.env['CALLBUS_CACHE'] ?? join(PROJECT_ROOT, '.cache'), 'promtool');
const UNPACKED = join(FOLDER, 'usr', 'bin', 'promtool');

/** Prometheus' own judge of rules, or why there is none. */
export const PROMTOOL = findPromtool();

export type Promtool = { readonly path: string } | { readonly lacks: string };

/** @returns what promtool printed. @throws Error with it when promtool is not content */
export function promtool(args: readonly string[]): string {
  if ('lacks' in PROMTOOL) throw new Error(PROMTOOL.lacks);
  const { status, stdout, stderr } = spawnSync(PROMTOOL.path, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`promtool ${args.join(' ')}\n${stdout}${stderr}`);
  return stdout;
}

/** The machine's, else Debian's, unpacked into the cache folder: installed, it would run a Prometheus besides. */
function findPromtool(): Promtool {
  for (const path of ['promtool', UNPACKED]) if (answers(path)) return { path };
  try {
    mkdirSync(FOLDER, { recursive: true });
    execFileSync('apt-get', ['download', 'prometheus'], { cwd: FOLDER, stdio: 'pipe' });
    for (const name of globSync('*.deb', { cwd: FOLDER })) execFileSync('dpkg-deb', ['-x', join(FOLDER, name), FOLDER]);
  } catch (error) {
    return { lacks: `promtool, and apt-get does not give it: ${(error as Error).message.trim()}` };
  }
  return existsSync(UNPACKED) ? { path: UNPACKED } : { lacks: 'promtool, which is not in Debian’s package prometheus any more' };
}

function answers(path: string): boolean {
  return spawnSync(path, ['--version'], { stdio: 'ignore' }).status === 0;
}
