import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endLeftovers, endProcesses, sweepHomes } from './leftovers.js';
import { isRunning, processIdentity } from './process-identity.js';
import { ProcessRegister, registerFile, type RegisteredProcess } from './process-register.js';

const folder = mkdtempSync(join(tmpdir(), 'leftovers-'));
const children: ChildProcess[] = [];

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

/** A process that says when it runs; it ends at SIGTERM unless told to ignore it. */
async function sleeper(ignoresSigterm = false): Promise<RegisteredProcess> {
  const script = `${ignoresSigterm ? "process.on('SIGTERM', () => undefined);" : ''} setInterval(() => undefined, 1000); console.log('up');`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  await once(child.stdout, 'data');
  return { name: 'sleeper', pid: child.pid!, identity: processIdentity(child.pid!)! };
}

/** A home whose launcher is gone. */
function abandonedHome(name: string, left: readonly RegisteredProcess[]): string {
  const home = join(folder, name);
  const register = new ProcessRegister(home, { name: 'local-stack', pid: 1, identity: 'gone' });
  for (const { name: child, pid } of left) register.add(child, pid);
  return home;
}

describe('endLeftovers', () => {
  it('ends what a launcher that is gone had started', async () => {
    const left = await sleeper();
    expect(await endLeftovers(abandonedHome('a', [left]))).toEqual(['sleeper']);
    expect(isRunning(left)).toBe(false);
  });

  it('leaves a process alone that was given the pid of one that ended', async () => {
    const innocent = await sleeper();
    const home = abandonedHome('b', []);
    const content = {
      owner: { name: 'local-stack', pid: 1, identity: 'gone' },
      children: [{ ...innocent, identity: 'an earlier one' }],
    };
    writeFileSync(registerFile(home), JSON.stringify(content));
    expect(await endLeftovers(home)).toEqual([]);
    expect(isRunning(innocent)).toBe(true);
  });

  it('refuses while the launcher of this folder runs, and says how to end it', async () => {
    const home = join(folder, 'c');
    const owner = await sleeper();
    new ProcessRegister(home, owner);
    await expect(endLeftovers(home)).rejects.toMatchObject({
      code: 'ALREADY_RUNNING',
      message: expect.stringContaining(`kill ${owner.pid}`) as string,
    });
    expect(isRunning(owner)).toBe(true);
  });

  it('finds nothing to do in a folder that is new or whose register is damaged', async () => {
    expect(await endLeftovers(join(folder, 'new'))).toEqual([]);
    const home = abandonedHome('damaged', []);
    writeFileSync(registerFile(home), '{"owner":');
    expect(await endLeftovers(home)).toEqual([]);
  });
});

describe('endProcesses', () => {
  it('kills what takes no notice of SIGTERM', async () => {
    const stubborn = await sleeper(true);
    await endProcesses([stubborn], 200);
    expect(isRunning(stubborn)).toBe(false);
  });
});

describe('sweepHomes', () => {
  it('removes the homes of runs that are gone and keeps those of runs that are not, and foreign folders', async () => {
    const left = await sleeper();
    const gone = abandonedHome('run-1', [left]);
    const alive = join(folder, 'run-2');
    new ProcessRegister(alive, await sleeper());
    const foreign = join(folder, 'run-without-register');
    mkdirSync(foreign);
    await sweepHomes(folder, 'run-');
    expect([gone, alive, foreign].map((home) => existsSync(home))).toEqual([false, true, true]);
    expect(isRunning(left)).toBe(false);
  });
});
