import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { isRunning, processIdentity } from './process-identity.js';

describe('processIdentity', () => {
  it('is the same for one process at any time and another for a second process', () => {
    const own = processIdentity(process.pid);
    expect(own).toBeDefined();
    expect(processIdentity(process.pid)).toBe(own);
    expect(processIdentity(1)).not.toBe(own);
  });

  it('does not take a later process for an earlier one with the same pid', () => {
    expect(isRunning({ pid: process.pid, identity: 'of an earlier process' })).toBe(false);
    expect(isRunning({ pid: process.pid, identity: processIdentity(process.pid)! })).toBe(true);
  });

  const itOnLinux = process.platform === 'linux' ? it : it.skip;
  itOnLinux('counts a process that ended as gone, also while its parent has not collected it', async () => {
    // The shell becomes another program, which never collects the child that the shell had.
    const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec tail -f /dev/null'], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      const child = Number(line.toString());
      await until(() => readFileSync(`/proc/${parent.pid ?? 0}/comm`, 'utf8') === 'tail\n');
      process.kill(child, 'SIGKILL');
      await until(() => processIdentity(child) === undefined);
      expect(() => process.kill(child, 0)).not.toThrow();
    } finally {
      parent.kill('SIGKILL');
    }
  });
});

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!condition() && performance.now() < deadline) await new Promise(setImmediate);
  expect(condition()).toBe(true);
}
