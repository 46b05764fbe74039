import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, fetch, type RequestInit, type Response } from 'undici';
import type { ControlMessage, ControlRequest } from '../../apps/local-stack/src/processes/control.js';
import { sweepHomes } from '../../apps/local-stack/src/processes/leftovers.js';
import type { EnvironmentByService } from '../../apps/local-stack/src/local-stack-settings.js';
import { PROJECT_ROOT } from '../../apps/local-stack/src/places.js';
import { isRunning, processIdentity } from '../../apps/local-stack/src/processes/process-identity.js';
import type { ServiceEntry, StackFile } from '../../apps/local-stack/src/stack-file.js';
import { until } from '../../apps/local-stack/src/until.js';

export { until };

export interface StackOptions {
  readonly dispatchers?: number;
  readonly receivers?: number;
  readonly sequencers?: number;
  /** Variables by process (`call-dispatcher-1`) or kind (`call-dispatcher`). */
  readonly environment?: EnvironmentByService;
  /** `manual`: what a test kills stays dead until `restart`. Default: it is started again at once. */
  readonly restart?: 'auto' | 'manual';
  /** Of the launcher itself. */
  readonly launcherEnvironment?: NodeJS.ProcessEnv;
  readonly args?: readonly string[];
}

const FOLDER = join(PROJECT_ROOT, '.callbus');
const PREFIX = 'test-stack-';
const LAUNCHER = join(PROJECT_ROOT, 'apps', 'local-stack', 'dist', 'main.js');
/** Booting Kafka and the services on a busy machine; the jars may have to be fetched first. */
export const STACK_TIMEOUT_MS = 180_000;
let stacks = 0;

/** The launcher as a process of its own with a home of its own and free ports, whether or not it comes up. */
export class Launcher {
  readonly home = join(FOLDER, `${PREFIX}${process.pid}-${(stacks += 1)}`);
  readonly child: ChildProcess;
  /** All that it wrote. */
  output = '';

  constructor(options: StackOptions = {}) {
    const count = (option: string, value?: number): string[] => (value === undefined ? [] : [option, String(value)]);
    const args = [
      ...count('--dispatchers', options.dispatchers),
      ...count('--receivers', options.receivers),
      ...count('--sequencers', options.sequencers),
      ...['--restart', options.restart ?? 'auto'],
      ...(options.args ?? []),
    ];
    const environment = {
      ...process.env,
      CALLBUS_HOME: this.home,
      CALLBUS_PORTS: 'auto',
      // A Kafka that KAFKA_BROKERS names is shared by all stacks.
      ...(process.env['KAFKA_BROKERS'] && { KAFKA_TOPIC_PREFIX: `test-${process.pid}-${stacks}.` }),
      CALLBUS_SERVICE_ENVIRONMENT: JSON.stringify(options.environment ?? {}),
      ...options.launcherEnvironment,
    };
    this.child = fork(LAUNCHER, args, { env: environment, execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString('utf8');
      });
    }
  }

  /** Waits until the launcher has exited. @returns its exit code, or null after a signal */
  async exited(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
    return this.child.exitCode;
  }

  /** Waits until all is ready. @throws with the launcher's output when it exits before */
  async ready(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.child.on('message', (message: ControlMessage) => {
        if (message.kind === 'ready') resolve();
      });
      void this.exited().then((code) => {
        reject(new Error(`the stack did not start (exit code ${String(code)}):\n${this.output}`));
      });
    });
  }

  file(): StackFile {
    return JSON.parse(readFileSync(join(this.home, 'stack.json'), 'utf8')) as StackFile;
  }

  /** Ends the stack as Ctrl-C does, and forgets its state. @returns the launcher's exit code */
  async stop(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGINT');
    const code = await this.exited();
    rmSync(this.home, { recursive: true, force: true });
    return code;
  }
}

/** Characters of a log that a failure shows: the folder is gone when somebody reads it. */
const LOG_TAIL = 4_000;

/** A whole local stack for one test file: real Kafka, every service a process of its own. Stop it in `afterAll`. */
export class StackForTests {
  private readonly agent: Agent;
  private requests = 0;

  private constructor(
    readonly launcher: Launcher,
    /** As of the start; `current()` has what changed since. */
    readonly file: StackFile,
  ) {
    this.agent = new Agent({ connect: { ca: readFileSync(file.ca, 'utf8') } });
  }

  static async start(options: StackOptions = {}): Promise<StackForTests> {
    await sweepHomes(FOLDER, PREFIX);
    const launcher = new Launcher(options);
    await launcher.ready();
    return new StackForTests(launcher, launcher.file());
  }

  async stop(): Promise<void> {
    await this.agent.close();
    await this.launcher.stop();
  }

  current(): StackFile {
    return this.launcher.file();
  }

  /** @throws when no such service is ready now */
  service(name: string): ServiceEntry {
    const { processes } = this.current();
    const found = processes.find((entry) => entry.name === name);
    if (found === undefined)
      throw new Error(`${name} is not ready; ready are ${processes.map((entry) => entry.name).join(', ')}`);
    return found;
  }

  /** The process of a service or of a broker (`kafka-1`); undefined while it is not ready. */
  pid(name: string): number | undefined {
    const { kafka, processes } = this.current();
    return [...kafka.processes, ...processes].find((entry) => entry.name === name)?.pid;
  }

  /** Kills a service, or Kafka, and waits until its process is gone and the launcher has noticed. */
  async kill(name: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const pid = this.pid(name);
    const identity = pid === undefined ? undefined : processIdentity(pid);
    if (pid === undefined || identity === undefined) throw new Error(`${name} does not run\n${this.logTail(name)}`);
    process.kill(pid, signal);
    await until(`${name} (pid ${pid}) is gone`, () => !isRunning({ pid, identity }) && this.pid(name) !== pid);
  }

  /** Waits until what was killed is ready again. @returns its new pid */
  async untilBack(name: string): Promise<number> {
    await until(`${name} is back`, () => this.pid(name) !== undefined, 60_000);
    return this.pid(name)!;
  }

  /** Ends a service, or Kafka, if it runs, starts it again and waits until it is ready. */
  async restart(name: string): Promise<void> {
    const { child } = this.launcher;
    const request: ControlRequest = { id: (this.requests += 1), restart: name };
    await new Promise<void>((resolve, reject) => {
      const listen = (message: ControlMessage): void => {
        if (message.kind !== 'answer' || message.id !== request.id) return;
        child.off('message', listen);
        if (message.error === undefined) resolve();
        else reject(new Error(`${message.error}\n${this.logTail(name)}`));
      };
      child.on('message', listen);
      child.send(request);
    });
  }

  /** fetch that trusts the stack's own certificate authority. */
  async fetch(url: string, init: RequestInit = {}): Promise<Response> {
    return await fetch(url, { ...init, dispatcher: this.agent });
  }

  /** An app token of the stack's caller for the gateway. */
  async callerToken(): Promise<string> {
    const { tokenUrl, clientId, clientSecret, scope } = this.file.caller;
    const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, scope };
    const response = await this.fetch(tokenUrl, { method: 'POST', body: new URLSearchParams(form) });
    const answer = (await response.json()) as { access_token?: string };
    if (answer.access_token === undefined) throw new Error(`no token: ${response.status} ${JSON.stringify(answer)}`);
    return answer.access_token;
  }

  private logTail(name: string): string {
    return this.log(name).slice(-LOG_TAIL);
  }

  /** What a process has logged so far. */
  log(name: string): string {
    return readFileSync(join(this.launcher.home, 'logs', `${name}.log`), 'utf8');
  }
}
