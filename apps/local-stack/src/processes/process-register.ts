import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processIdentity } from './process-identity.js';

/** One process as it is remembered on disk, in a way that survives whoever started it. */
export interface RegisteredProcess {
  readonly name: string;
  readonly pid: number;
  readonly identity: string;
}

export interface RegisterContent {
  /** The process that started the others and ends them. */
  readonly owner: RegisteredProcess;
  /** In the order of their start; they are ended in the reverse order. */
  readonly children: readonly RegisteredProcess[];
}

/**
 * The list of all processes that one stack started, kept in its state folder, so that whoever comes
 * after a launcher that was killed can end them. It is written at once at every change.
 */
export class ProcessRegister {
  private children: readonly RegisteredProcess[] = [];

  constructor(
    private readonly home: string,
    readonly owner: RegisteredProcess = ownProcess(),
  ) {
    mkdirSync(home, { recursive: true });
    this.write();
  }

  add(name: string, pid: number): void {
    const identity = processIdentity(pid);
    if (identity === undefined) return;
    this.children = [...this.children, { name, pid, identity }];
    this.write();
  }

  remove(pid: number): void {
    this.children = this.children.filter((child) => child.pid !== pid);
    this.write();
  }

  /** Call when every process has ended. */
  delete(): void {
    rmSync(registerFile(this.home), { force: true });
  }

  private write(): void {
    const content: RegisterContent = { owner: this.owner, children: this.children };
    const file = registerFile(this.home);
    writeFileSync(`${file}.new`, JSON.stringify(content, null, 1));
    renameSync(`${file}.new`, file);
  }
}

/** @returns undefined when there is no register or it cannot be read */
export function readRegister(home: string): RegisterContent | undefined {
  try {
    return JSON.parse(readFileSync(registerFile(home), 'utf8')) as RegisterContent;
  } catch {
    return undefined;
  }
}

export function registerFile(home: string): string {
  return join(home, 'processes.json');
}

function ownProcess(): RegisteredProcess {
  return { name: 'local-stack', pid: process.pid, identity: processIdentity(process.pid) ?? '' };
}
