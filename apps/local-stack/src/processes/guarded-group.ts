import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { endLeftovers } from './leftovers.js';
import { PROJECT_ROOT, type StackPlaces } from '../places.js';
import { ProcessGroup } from './process-group.js';
import { ProcessRegister } from './process-register.js';

export interface GuardedGroup {
  readonly group: ProcessGroup;
  /** Names of processes that an earlier launcher had left and that were ended now. */
  readonly leftovers: readonly string[];
  /** Call when every process of the group has ended. */
  dismiss: () => Promise<void>;
}

/** How long the guard may take to leave once it is dismissed, milliseconds. */
const GUARD_TIMEOUT_MS = 2_000;

/**
 * A process group that outlives nobody: what an earlier launcher left in this state folder is ended first, and a guard
 * ends the group if this process is killed.
 * @throws StackError ALREADY_RUNNING
 */
export async function openGuardedGroup(places: StackPlaces): Promise<GuardedGroup> {
  const leftovers = await endLeftovers(places.home);
  for (const file of [places.stackFile, places.operatorFile]) rmSync(file, { force: true });
  rmSync(places.logs, { recursive: true, force: true });
  const register = new ProcessRegister(places.home);
  const guard = spawn(
    process.execPath,
    [join(PROJECT_ROOT, 'apps', 'local-stack', 'dist', 'processes', 'guard.js'), places.home, String(process.pid)],
    {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    },
  );
  guard.unref();
  // A guard that cannot run costs only the early cleaning: the next start cleans as well.
  guard.on('error', () => undefined);
  guard.stdin.on('error', () => undefined);
  return {
    group: new ProcessGroup(register, places.logs),
    leftovers,
    dismiss: async () => {
      register.delete();
      if (guard.exitCode !== null || guard.signalCode !== null || guard.pid === undefined) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, GUARD_TIMEOUT_MS);
        guard.once('exit', () => {
          clearTimeout(timer);
          resolve();
        });
        guard.stdin.end();
      });
    },
  };
}
