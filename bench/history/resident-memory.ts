import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** What a process holds of the machine's memory, in units of 1,000,000 bytes. */
export async function residentMb(pid: number): Promise<number> {
  return ((await (process.platform === 'linux' ? linuxKib(pid) : portableKib(pid))) * 1_024) / 1_000_000;
}

/** To start a program every so often would take from what is measured. */
async function linuxKib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
}

async function portableKib(pid: number): Promise<number> {
  return Number((await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)])).stdout);
}
