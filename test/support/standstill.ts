import { readdirSync, readFileSync } from 'node:fs';
import { until } from './stack-for-tests.js';

/**
 * Does something while a process stands still. On a busy machine its threads go on for a while after SIGSTOP, until the
 * one that takes the signal has its turn: only then is it done.
 */
export async function whileStopped<T>(pid: number, work: () => Promise<T>): Promise<T> {
  process.kill(pid, 'SIGSTOP');
  try {
    await until(`all threads of process ${String(pid)} stand still`, () => statesOfThreads(pid).every((state) => state === 'T'));
    return await work();
  } finally {
    goOn(pid);
  }
}

function goOn(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch (error) {
    // It may have been killed meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** As Linux names them. */
function statesOfThreads(pid: number): string[] {
  const tasks = `/proc/${String(pid)}/task`;
  return readdirSync(tasks).map((task) => {
    const stat = readFileSync(`${tasks}/${task}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
  });
}
