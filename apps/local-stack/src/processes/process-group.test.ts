import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProcessGroup, obituary, type ProcessSpec } from './process-group.js';
import { ProcessRegister, readRegister } from './process-register.js';

const home = mkdtempSync(join(tmpdir(), 'group-'));
const group = new ProcessGroup(new ProcessRegister(home), join(home, 'logs'));
const node = (name: string, script: string): ProcessSpec => ({
  name,
  command: process.execPath,
  args: ['-e', script],
  environment: process.env,
});

afterAll(async () => {
  await group.end(group.names(), 0);
  rmSync(home, { recursive: true });
});

const registered = (): string[] => readRegister(home)!.children.map((child) => child.name);

describe('ProcessGroup', () => {
  it('keeps the register in step with what runs', async () => {
    group.start(node('waiter', 'setInterval(() => undefined, 1000)'));
    expect(registered()).toEqual(['waiter']);
    await group.end(['waiter']);
    expect(registered()).toEqual([]);
  });

  it('tells an end that was asked for from one that was not', async () => {
    const asked = group.start(node('asked', 'setInterval(() => undefined, 1000)'));
    await group.end(['asked']);
    expect(await asked.ended).toMatchObject({ signal: 'SIGTERM', isExpected: true });
    const killed = group.start(node('killed', 'setInterval(() => undefined, 1000)'));
    process.kill(killed.pid, 'SIGKILL');
    expect(await killed.ended).toEqual({ code: null, signal: 'SIGKILL', isExpected: false });
  });

  it('kills a process that does not end in time', async () => {
    const stubborn = group.start(
      node('stubborn', "process.on('SIGTERM', () => undefined); setInterval(() => undefined, 1000); console.log('up')"),
    );
    while (!readFileSync(stubborn.logFile, 'utf8').includes('up')) await new Promise(setImmediate);
    await group.end(['stubborn'], 100);
    expect((await stubborn.ended).signal).toBe('SIGKILL');
  });

  it('ends a process that was stopped with SIGSTOP', async () => {
    const stopped = group.start(node('stopped', 'setInterval(() => undefined, 1000)'));
    process.kill(stopped.pid, 'SIGSTOP');
    await group.end(['stopped']);
    expect((await stopped.ended).signal).toBe('SIGTERM');
  });

  it('says of a process that died how it died and what it wrote last', async () => {
    const dying = group.start(node('dying', "console.log('first'); console.error('no more memory'); process.exit(3)"));
    const words = obituary(dying, await dying.ended);
    expect(words).toContain(`dying (pid ${dying.pid}) exited with code 3`);
    expect(words).toContain('no more memory');
    expect(words).toContain(join(home, 'logs', 'dying.log'));
  });

  it('fails a tool that exits with an error, with what it wrote', async () => {
    await expect(group.run(node('tool', "console.error('bad input'); process.exit(1)"), 10_000)).rejects.toMatchObject({
      code: 'PROCESS_DIED',
      message: expect.stringContaining('bad input') as string,
    });
    expect(await group.run(node('good-tool', "console.log('done')"), 10_000)).toBe('done\n');
  });

  it('fails a tool that takes too long', async () => {
    await expect(group.run(node('slow', 'setInterval(() => undefined, 1000)'), 100)).rejects.toMatchObject({
      code: 'PROCESS_DIED',
    });
  });

  it('names a command that does not exist', () => {
    expect(() => group.start({ name: 'x', command: 'no-such-command-here', args: [], environment: process.env })).toThrow(
      'x: «no-such-command-here» cannot be run',
    );
  });

  it('starts nothing once it is closed', () => {
    const closed = new ProcessGroup(new ProcessRegister(join(home, 'closed')), join(home, 'closed', 'logs'));
    closed.close();
    expect(() => closed.start(node('late', ''))).toThrow('the stack is being ended');
  });
});
