import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../apps/local-stack/src/places.js';

/** Whether the machine has Python; without it whoever needs it is not run. */
export const HAS_PYTHON = isThere('python3', '--version');

export function isThere(command: string, argument: string): boolean {
  try {
    execFileSync(command, [argument], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A virtual environment in the cache folder, with what a file of requirements lists. */
export class PythonEnvironment {
  private readonly folder: string;

  constructor(
    name: string,
    private readonly requirements: string,
  ) {
    this.folder = join(process.env['CALLBUS_CACHE'] ?? join(PROJECT_ROOT, '.cache'), name);
  }

  /** One of its programs, as `python`. */
  program(name: string): string {
    return join(this.folder, 'bin', name);
  }

  /** Makes it, once, and installs what it lacks. */
  prepare(): void {
    const python = this.program('python');
    const pip = ['-m', 'pip', '--quiet', '--disable-pip-version-check'];
    if (!existsSync(python)) execFileSync('python3', ['-m', 'venv', this.folder]);
    const installed = execFileSync(python, [...pip, 'freeze'], { encoding: 'utf8' }).split('\n');
    const required = readFileSync(this.requirements, 'utf8').trim().split('\n');
    if (required.every((line) => installed.includes(line))) return;
    execFileSync(python, [...pip, 'install', '-r', this.requirements], { stdio: 'pipe' });
  }
}
