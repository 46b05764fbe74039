import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isThere } from '../support/python-environment.js';
import { CACHE, skip } from './tools.js';

/**
 * Prometheus’ own judge of rules: the machine’s, else Debian’s, unpacked into the cache folder, since its package would run a
 * Prometheus besides.
 * @returns runs it. What it returns throws an Error with what promtool said when promtool is not content
 */
export function promtool(): ((args: readonly string[]) => void) | null {
  const folder = join(CACHE, 'promtool');
  const unpacked = join(folder, 'usr', 'bin', 'promtool');
  if (isThere('promtool', '--version')) return running('promtool');
  try {
    if (!existsSync(unpacked)) unpack(folder);
  } catch (error) {
    return skip('the alerts', `this machine has no promtool, and apt-get gives none: ${(error as Error).message.trim()}`);
  }
  return running(unpacked);
}

function unpack(folder: string): void {
  mkdirSync(folder, { recursive: true });
  execFileSync('apt-get', ['download', 'prometheus'], { cwd: folder, stdio: 'pipe' });
  for (const name of globSync('*.deb', { cwd: folder })) execFileSync('dpkg-deb', ['-x', join(folder, name), folder]);
}

function running(command: string): (args: readonly string[]) => void {
  return (args) => {
    const { error, status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
    if (error !== undefined) throw error;
    if (status !== 0) throw new Error(`promtool ${args.join(' ')}\n${stdout}${stderr}`);
  };
}
