import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../apps/local-stack/src/places.js';
import { until } from './stack-for-tests.js';

const MAIN = join(PROJECT_ROOT, 'apps', 'notification-ingest', 'dist', 'main.js');
/** Readiness waits for a place in the group, which waits for the session of a member that was killed. */
const READY_TIMEOUT_MS = 60_000;

/** A sequencer as it is deployed: the built output in a process of its own. */
export class SequencerProcess {
  private output = '';
  private readonly exited: Promise<unknown>;

  private constructor(private readonly child: ChildProcess) {
    this.exited = once(child, 'exit');
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString('utf8');
      });
    }
  }

  /** Resolves when it is ready. */
  static async start(environment: Readonly<Record<string, string>>): Promise<SequencerProcess> {
    const told = {
      NODE_ENV: 'production',
      NOTIFICATION_INGEST_ROLES: 'sequencer',
      MANAGEMENT_HOST: '127.0.0.1',
      MANAGEMENT_PORT: '0',
      ...environment,
    };
    const child = spawn(process.execPath, ['--enable-source-maps', MAIN], { env: { ...process.env, ...told } });
    const sequencer = new SequencerProcess(child);
    await until('the sequencer is ready', () => sequencer.isReady(), READY_TIMEOUT_MS);
    return sequencer;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async kill(): Promise<void> {
    if (this.isRunning) this.child.kill('SIGKILL');
    await this.exited;
  }

  async stop(): Promise<void> {
    if (this.isRunning) this.child.kill('SIGTERM');
    await this.exited;
  }

  private async isReady(): Promise<boolean> {
    if (!this.isRunning) throw new Error(`the sequencer has ended:\n${this.output}`);
    const [, port] = /"managementPort":(\d+)/.exec(this.output) ?? [];
    return port !== undefined && (await fetch(`http://127.0.0.1:${port}/readyz`)).ok;
  }
}
