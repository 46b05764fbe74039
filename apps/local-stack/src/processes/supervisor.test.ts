import { createServer } from 'node:http';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StackError } from '../errors.js';
import { freePort } from '../services/ports.js';
import { ProcessGroup, type ProcessSpec } from './process-group.js';
import { ProcessRegister } from './process-register.js';
import { untilReady } from './readiness.js';
import { Supervisor, type Supervised } from './supervisor.js';

const home = mkdtempSync(join(tmpdir(), 'supervisor-'));
const group = new ProcessGroup(new ProcessRegister(home), join(home, 'logs'));
const node = (name: string, script: string): ProcessSpec => ({
  name,
  command: process.execPath,
  args: ['-e', script],
  environment: process.env,
});
const FOREVER = 'setInterval(() => undefined, 1000)';

afterAll(async () => {
  await group.end(group.names(), 0);
  rmSync(home, { recursive: true });
});

/** A supervisor, and waiting for what it says. */
function supervise(restart: 'auto' | 'manual') {
  const said: string[] = [];
  const listeners = new Set<() => void>();
  const notice = (): void => {
    for (const listener of listeners) listener();
  };
  const givenUp: StackError[] = [];
  const supervisor = new Supervisor(group, {
    restart,
    decide: (failedStarts) => (failedStarts < 3 ? { isRestarted: true, delayMs: 10 * failedStarts } : { isRestarted: false }),
    say: (line) => {
      said.push(line);
      notice();
    },
    onChange: notice,
    onGivenUp: (error) => {
      givenUp.push(error);
      notice();
    },
  });
  const until = (condition: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!condition()) return;
        listeners.delete(look);
        resolve();
      };
      listeners.add(look);
      look();
    });
  return { supervisor, said, givenUp, until };
}

const immediately = (spec: ProcessSpec): Supervised => ({ name: spec.name, launch: () => Promise.resolve(group.start(spec)) });

describe('Supervisor', () => {
  it('notices a killed process, says how it died and starts it again', async () => {
    const { supervisor, said, until } = supervise('auto');
    await supervisor.start(immediately(node('a', FOREVER)));
    const first = supervisor.running().get('a')!.pid;
    process.kill(first, 'SIGKILL');
    await until(() => said.some((line) => line.includes('a is back')));
    expect(said[0]).toContain(`a (pid ${first}) was ended by SIGKILL`);
    expect(supervisor.running().get('a')!.pid).not.toBe(first);
    supervisor.stop();
    await group.end(['a']);
  });

  it('leaves a dead process as it is when restarts are up to somebody else, who can ask for one', async () => {
    const { supervisor, said, until } = supervise('manual');
    await supervisor.start(immediately(node('b', FOREVER)));
    const first = supervisor.running().get('b')!.pid;
    process.kill(first, 'SIGKILL');
    await until(() => said.length > 0);
    expect(supervisor.running().has('b')).toBe(false);
    await supervisor.restart('b');
    expect(supervisor.running().get('b')!.pid).not.toBe(first);
    supervisor.stop();
    await group.end(['b']);
  });

  it('restarts a process that runs', async () => {
    const { supervisor } = supervise('auto');
    await supervisor.start(immediately(node('c', FOREVER)));
    const first = supervisor.running().get('c')!.pid;
    await supervisor.restart('c');
    expect(supervisor.running().get('c')!.pid).not.toBe(first);
    await expect(supervisor.restart('nobody')).rejects.toThrow('there are c');
    supervisor.stop();
    await group.end(['c']);
  });

  it('gives up a process that cannot be started any more, and says so', async () => {
    const { supervisor, givenUp, until } = supervise('auto');
    let launches = 0;
    const spec = node('d', FOREVER);
    await supervisor.start({
      name: 'd',
      launch: () => {
        launches += 1;
        return launches === 1 ? Promise.resolve(group.start(spec)) : Promise.reject(new Error('the disk is full'));
      },
    });
    process.kill(supervisor.running().get('d')!.pid, 'SIGKILL');
    await until(() => givenUp.length > 0);
    expect(launches).toBe(4);
    expect(givenUp[0]).toMatchObject({
      code: 'PROCESS_DIED',
      message: expect.stringContaining('d could not be started again') as string,
    });
  });

  it('starts nothing again while the stack is being ended', async () => {
    const { supervisor, said } = supervise('auto');
    await supervisor.start(immediately(node('e', FOREVER)));
    const running = supervisor.running().get('e')!;
    supervisor.stop();
    process.kill(running.pid, 'SIGKILL');
    await running.ended;
    expect(group.names()).not.toContain('e');
    expect(said).toEqual([]);
  });
});

describe('untilReady', () => {
  it('waits while the start makes progress', async () => {
    let read = 0;
    const server = createServer((_request, response) => {
      read += 1;
      const isReady = read > 10;
      const started = isReady ? { ok: true } : { ok: false, reason: `reading calls.snapshots: read ${read} of 10 records` };
      response.writeHead(isReady ? 200 : 503).end(JSON.stringify({ ok: isReady, conditions: { started } }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const restoring = group.start(node('restoring', FOREVER));
    // Shorter than ten polls.
    await expect(untilReady(restoring, url, 400)).resolves.toBeUndefined();
    server.close();
    server.closeAllConnections();
    await group.end(['restoring']);
  });

  it('fails at once, with the last log lines, when the process dies before it is ready', async () => {
    const dying = group.start(node('dying', "console.log('KAFKA_BROKERS: it is not set'); process.exit(1)"));
    await expect(untilReady(dying, `http://127.0.0.1:${await freePort()}`, 60_000)).rejects.toMatchObject({
      code: 'PROCESS_DIED',
      message: expect.stringContaining('KAFKA_BROKERS: it is not set') as string,
    });
  });

  it('fails in time with what the service waits for, and succeeds once it answers 200', async () => {
    let status = 503;
    const body = { ok: false, conditions: { ledger: { ok: false, reason: '12 records behind' }, kafka: { ok: true } } };
    const server = createServer((_request, response) => {
      response.writeHead(status).end(JSON.stringify(body));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const waiting = group.start(node('waiting', FOREVER));
    await expect(untilReady(waiting, url, 250)).rejects.toMatchObject({
      code: 'NOT_READY',
      message: expect.stringContaining('ledger: 12 records behind') as string,
    });
    const ready = untilReady(waiting, url, 10_000);
    status = 200;
    await expect(ready).resolves.toBeUndefined();
    server.close();
    server.closeAllConnections();
    await group.end(['waiting']);
  });
});
