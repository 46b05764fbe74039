import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, StackError } from '../errors.js';
import { isRunning } from './process-identity.js';
import { readRegister, type RegisteredProcess } from './process-register.js';

/** How long a leftover may take to end by itself before it is killed, milliseconds. */
const LEFTOVER_GRACE_MS = 5_000;

/**
 * Ends whatever a launcher that is gone left running in this state folder.
 * @returns the names of the processes that were ended
 * @throws StackError ALREADY_RUNNING when that launcher still runs
 */
export async function endLeftovers(home: string): Promise<readonly string[]> {
  const register = readRegister(home);
  if (register === undefined) return [];
  if (register.owner.pid !== process.pid && isRunning(register.owner)) {
    throw new StackError(
      'ALREADY_RUNNING',
      `A stack already runs in ${home} (pid ${register.owner.pid}). End it with Ctrl-C or «kill ${register.owner.pid}», ` +
        'or start this one beside it: CALLBUS_HOME=<another folder> and CALLBUS_PORTS=auto.',
    );
  }
  return await endProcesses(register.children.filter(isRunning).toReversed());
}

/** Ends processes that were registered: SIGTERM to all, SIGKILL to those that have not ended after a grace time. */
export async function endProcesses(
  processes: readonly RegisteredProcess[],
  graceMs = LEFTOVER_GRACE_MS,
): Promise<readonly string[]> {
  for (const leftover of processes) signal(leftover, 'SIGTERM');
  const deadline = performance.now() + graceMs;
  while (processes.some(isRunning) && performance.now() < deadline) await sleep(50);
  for (const leftover of processes.filter(isRunning)) signal(leftover, 'SIGKILL');
  while (processes.some(isRunning)) await sleep(20);
  return processes.map((leftover) => leftover.name);
}

/**
 * Removes the state folders with this prefix whose launcher is gone, and ends what it left. For homes of
 * which each run makes a new one, such as those of tests.
 */
export async function sweepHomes(folder: string, prefix: string): Promise<void> {
  for (const name of foldersIn(folder).filter((entry) => entry.startsWith(prefix))) {
    const home = join(folder, name);
    const register = readRegister(home);
    if (register === undefined || isRunning(register.owner)) continue;
    await endLeftovers(home);
    rmSync(home, { recursive: true, force: true });
  }
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function signal(target: RegisteredProcess, name: NodeJS.Signals): void {
  try {
    if (isRunning(target)) process.kill(target.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
      throw new StackError(
        'ALREADY_RUNNING',
        `${target.name} (pid ${target.pid}) of an earlier run cannot be ended: ${messageOf(error)}`,
      );
    }
  }
}
