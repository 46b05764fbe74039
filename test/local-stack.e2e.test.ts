import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { KAFKA_VERSION } from '../apps/local-stack/src/kafka/kafka-jars.js';
import { readRegister } from '../apps/local-stack/src/processes/process-register.js';
import { Launcher, STACK_TIMEOUT_MS, StackForTests, until, type StackOptions } from './support/stack-for-tests.js';

const launchers: Launcher[] = [];

const folders: string[] = [];

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'launcher-'));
  folders.push(folder);
  return folder;
}

function launch(options: StackOptions = {}): Launcher {
  const launcher = new Launcher(options);
  launchers.push(launcher);
  return launcher;
}

/** The pids of every process that was given this state folder, whoever started it. Linux only. */
function processesOf(home: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => pid !== process.pid && readProc(pid, 'environ').includes(`CALLBUS_HOME=${home}\0`) && !isZombie(pid));
}

function isZombie(pid: number): boolean {
  return /\) Z /.test(readProc(pid, 'stat'));
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

async function untilNothingIsLeft(home: string): Promise<void> {
  await until('no process of the stack is left', () => processesOf(home).length === 0, 60_000);
}

afterAll(async () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  for (const launcher of launchers) {
    await launcher.stop();
    for (const pid of processesOf(launcher.home)) process.kill(pid, 'SIGKILL');
  }
});

describe('a running stack', () => {
  let stack: StackForTests;
  beforeAll(async () => {
    stack = await StackForTests.start();
  }, STACK_TIMEOUT_MS);
  afterAll(() => stack.stop());

  it('has every service as a process of its own, ready at its management port', async () => {
    const { processes } = stack.file;
    expect(processes.map(({ name }) => name)).toEqual([
      'call-dispatcher-1',
      'notification-receiver-1',
      'notification-sequencer-1',
      'gateway-1',
      'graph-simulator-1',
    ]);
    expect(new Set(processes.map(({ pid }) => pid)).size).toBe(processes.length);
    for (const { managementUrl } of processes) expect((await fetch(`${managementUrl}/readyz`)).status).toBe(200);
  });

  it.each(['call-dispatcher-1', 'notification-receiver-1', 'notification-sequencer-1', 'gateway-1', 'graph-simulator-1'])(
    'notices that %s was killed, says so and starts it again',
    async (name) => {
      const pid = stack.pid(name)!;
      await stack.kill(name);
      const newPid = await stack.untilBack(name);
      expect(newPid).not.toBe(pid);
      expect((await fetch(`${stack.service(name).managementUrl}/readyz`)).status).toBe(200);
      expect(stack.launcher.output).toContain(`${name} (pid ${pid}) was ended by SIGKILL. Its last log lines`);
      await until('the launcher says that it is back', () => stack.launcher.output.includes(`${name} is back (pid ${newPid})`));
    },
    60_000,
  );

  it('notices that Kafka was killed and starts it again on its data', async () => {
    const pid = stack.pid('kafka-1')!;
    await stack.kill('kafka-1');
    expect(await stack.untilBack('kafka-1')).not.toBe(pid);
    expect(stack.launcher.output).toContain(`kafka-1 (pid ${pid}) was ended by SIGKILL`);
  }, 90_000);

  it('refuses a second stack in the same folder and says what to do', async () => {
    const second = launch({ launcherEnvironment: { CALLBUS_HOME: stack.launcher.home } });
    expect(await second.exited()).toBe(1);
    expect(second.output).toContain(`A stack already runs in ${stack.launcher.home} (pid ${stack.launcher.child.pid!})`);
    expect(stack.service('gateway-1').pid).toBeGreaterThan(0);
  }, 30_000);

  it('ends at Ctrl-C with exit code 0 and leaves no process behind', async () => {
    const { home } = stack.launcher;
    expect(processesOf(home).length).toBeGreaterThanOrEqual(8);
    expect(await stack.launcher.stop()).toBe(0);
    expect(processesOf(home)).toEqual([]);
  }, 60_000);
});

describe('a launcher that is killed', () => {
  it(
    'takes everything with it',
    async () => {
      const launcher = launch();
      await launcher.ready();
      launcher.child.kill('SIGKILL');
      await untilNothingIsLeft(launcher.home);
    },
    STACK_TIMEOUT_MS,
  );

  it(
    'leaves nothing that the next start does not end, even if its guard was killed too',
    async () => {
      const first = launch();
      await until('Kafka runs', () => readRegister(first.home)?.children.some(({ name }) => name === 'kafka-1') ?? false, 60_000);
      const guard = processesOf(first.home).find((pid) => readProc(pid, 'cmdline').includes('guard.js'));
      process.kill(guard!, 'SIGKILL');
      first.child.kill('SIGKILL');
      await first.exited();
      await until('only Kafka is left', () => processesOf(first.home).length === 1);
      const left = processesOf(first.home);
      const second = launch({ launcherEnvironment: { CALLBUS_HOME: first.home } });
      await until(
        'the next launcher has cleaned',
        () => second.output.includes('Ended what an earlier run had left: kafka-1.'),
        60_000,
      );
      expect(processesOf(first.home)).not.toContain(left[0]);
      second.child.kill('SIGTERM');
      expect(await second.exited()).toBe(0);
      expect(processesOf(first.home)).toEqual([]);
    },
    STACK_TIMEOUT_MS,
  );

  it(
    'that npm had started ends when npm is ended, though no signal reaches it',
    async () => {
      const launcher = join(import.meta.dirname, '..', 'apps', 'local-stack', 'dist', 'main.js');
      const home = join(import.meta.dirname, '..', '.callbus', `test-stack-${process.pid}-npm`);
      const environment = { ...process.env, npm_lifecycle_event: 'stack', CALLBUS_HOME: home, CALLBUS_PORTS: 'auto' };
      // As npm does: a shell that waits for the script.
      const shell = spawn('sh', ['-c', `"${process.execPath}" "${launcher}"; exit $?`], { env: environment, stdio: 'ignore' });
      await until('Kafka runs', () => readRegister(home)?.children.some(({ name }) => name === 'kafka-1') ?? false, 60_000);
      shell.kill('SIGTERM');
      await once(shell, 'exit');
      await untilNothingIsLeft(home);
      rmSync(home, { recursive: true });
    },
    STACK_TIMEOUT_MS,
  );
});

describe('a stack that cannot start', () => {
  it('names a port that is taken, who wants it and what to do', async () => {
    const server = createServer().listen(3000, '127.0.0.1');
    // Whoever else holds the port serves as well.
    await Promise.race([once(server, 'listening'), once(server, 'error')]);
    const launcher = launch({ launcherEnvironment: { CALLBUS_PORTS: 'fixed' } });
    expect(await launcher.exited()).toBe(1);
    expect(launcher.output).toMatch(/port 3000, which gateway-1 wants.*--ports auto/);
    server.close();
  }, 30_000);

  it(
    'says of a service that dies at its start which one and why, and leaves nothing behind',
    async () => {
      const launcher = launch({ environment: { 'call-dispatcher': { KAFKA_PARTITIONS: 'a dozen' } } });
      expect(await launcher.exited()).toBe(1);
      expect(launcher.output).toContain('call-dispatcher-1');
      expect(launcher.output).toContain('KAFKA_PARTITIONS: must be a whole number, but is «a dozen»');
      expect(processesOf(launcher.home)).toEqual([]);
    },
    STACK_TIMEOUT_MS,
  );

  it('says that jars in the cache are damaged, and what to do when they cannot be fetched again', async () => {
    const cache = newFolder();
    const jars = join(cache, `kafka-${KAFKA_VERSION}`);
    mkdirSync(jars);
    writeFileSync(join(jars, 'kafka.jar'), 'not a jar any more');
    writeFileSync(join(jars, 'jars.json'), '{"kafka.jar": "another digest"}');
    const mvn = '#!/bin/sh\n[ "$1" = -version ] || { echo "no route to the repository"; exit 1; }\n';
    writeFileSync(join(cache, 'mvn'), mvn, { mode: 0o755 });
    const launcher = launch({ launcherEnvironment: { CALLBUS_CACHE: cache, PATH: `${cache}:${process.env['PATH'] ?? ''}` } });
    expect(await launcher.exited()).toBe(1);
    expect(launcher.output).toContain(`jars in ${jars} are not as they were fetched; fetching them again`);
    expect(launcher.output).toMatch(/no route to the repository[^]*Check the connection to the Maven repository/);
  }, 60_000);

  it('says which jars to delete when Java cannot load them', async () => {
    const cache = newFolder();
    const jars = join(cache, `kafka-${KAFKA_VERSION}`);
    mkdirSync(jars);
    const bad = 'not a jar';
    writeFileSync(join(jars, 'kafka.jar'), bad);
    const digest = createHash('sha256').update(bad).digest('hex');
    writeFileSync(join(jars, 'jars.json'), JSON.stringify({ 'kafka.jar': digest }, null, 1));
    const launcher = launch({ launcherEnvironment: { CALLBUS_CACHE: cache } });
    expect(await launcher.exited()).toBe(1);
    expect(launcher.output).toContain(`If a jar is damaged, delete ${jars}`);
  }, 60_000);

  // Only root may make a file system that is full.
  (process.getuid?.() === 0 ? it : it.skip)(
    'says where to make room when the disk is full',
    async () => {
      const disk = newFolder();
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', disk]);
      try {
        const launcher = launch({ launcherEnvironment: { CALLBUS_HOME: disk } });
        expect(await launcher.exited()).toBe(1);
        expect(launcher.output).toMatch(/The disk is full\. Free some space .*CALLBUS_HOME=<folder>/);
      } finally {
        execFileSync('umount', [disk]);
      }
    },
    60_000,
  );

  it('without Java, Docker or KAFKA_BROKERS says how to get a Kafka', async () => {
    const launcher = launch({ launcherEnvironment: { PATH: dirname(process.execPath), JAVA_HOME: '', KAFKA_BROKERS: '' } });
    expect(await launcher.exited()).toBe(1);
    expect(launcher.output).toMatch(/install Java 17 or newer and Maven.*start Docker.*set KAFKA_BROKERS/);
  }, 60_000);

  it('with KAFKA_BROKERS that do not answer names them', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const launcher = launch({ launcherEnvironment: { KAFKA_BROKERS: `127.0.0.1:${port}` } });
    expect(await launcher.exited()).toBe(1);
    expect(launcher.output).toContain(`None of KAFKA_BROKERS (127.0.0.1:${port}) accepts connections`);
  }, 30_000);
});
