import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * What tells one process from a later one that was given the same pid: the time it started, within this boot of the machine.
 * A process that has ended but was not yet collected by its parent counts as gone.
 * @returns undefined when no such process runs
 */
export function processIdentity(pid: number): string | undefined {
  return process.platform === 'linux' ? linuxIdentity(pid) : portableIdentity(pid);
}

/** Whether the process that was recorded as `pid` and `identity` still runs. */
export function isRunning(recorded: { readonly pid: number; readonly identity: string }): boolean {
  return processIdentity(recorded.pid) === recorded.identity;
}

function linuxIdentity(pid: number): string | undefined {
  const stat = contentOf(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The second field is the command in brackets and may hold anything, so fields are counted from its end: state first.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startedAt] = [fields[0], fields[19]];
  if (state === 'Z' || state === 'X' || startedAt === undefined) return undefined;
  return `${contentOf('/proc/sys/kernel/random/boot_id')?.trim() ?? ''}/${startedAt}`;
}

function portableIdentity(pid: number): string | undefined {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return line === '' || line.startsWith('Z') ? undefined : line.replace(/^\S+\s+/, '');
  } catch {
    return undefined;
  }
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
