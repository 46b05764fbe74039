import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Where a program runs, and as whom; by default in the project, and as the test itself. */
export interface Launch {
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
}

/** A program beside the test, in a process group of its own, so that a shell's children end with it. */
export class Program {
  /** The lines of its standard output so far. */
  readonly lines: string[] = [];
  private readonly child: ChildProcess;
  private errors = '';
  private unfinished = '';

  constructor(command: string, args: readonly string[], environment: Readonly<Record<string, string>>, launch: Launch = {}) {
    this.child = spawn(command, args, {
      ...launch,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.child.stdout?.on('data', (chunk: Buffer) => {
      const lines = (this.unfinished + chunk.toString('utf8')).split('\n');
      this.unfinished = lines.pop() ?? '';
      this.lines.push(...lines);
    });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.errors += chunk.toString('utf8');
    });
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Waits until it has ended. @returns its lines @throws with what it wrote to standard error unless its exit code is 0 */
  async finished(): Promise<readonly string[]> {
    if (this.isRunning) await once(this.child, 'close');
    if (this.child.exitCode !== 0) throw new Error(`ended with ${String(this.child.exitCode)}:\n${this.errors}`);
    return this.lines;
  }

  /** Ends it, and waits until it is gone. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const { pid } = this.child;
    if (!this.isRunning || pid === undefined) return;
    process.kill(-pid, signal);
    await once(this.child, 'close');
  }

  /** For a failure's message. */
  toString(): string {
    return `${this.isRunning ? 'runs' : 'has ended'}, wrote ${JSON.stringify(this.lines)}\n${this.errors}`;
  }
}
