import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StackError } from '../errors.js';
import { lastLines } from './log-tail.js';
import type { ProcessRegister } from './process-register.js';

export interface ProcessSpec {
  /** Unique in the group; names the log file. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  /** In a session of its own a process is not reached by Ctrl-C, so it can outlast those that need it. */
  readonly hasOwnSession?: boolean;
}

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The group was asked to end it. */
  readonly isExpected: boolean;
}

export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Never rejects. */
  readonly ended: Promise<ProcessEnd>;
}

interface Member extends RunningProcess {
  readonly child: ChildProcess;
  isExpectedToEnd: boolean;
}

/** How long a process may take to end after SIGTERM before it is killed, milliseconds. */
const STOP_TIMEOUT_MS = 15_000;
const OBITUARY_LINES = 15;

/** The processes of one stack: starts each with its output in a log file and its pid in the register, and ends them. */
export class ProcessGroup {
  private readonly members = new Map<string, Member>();
  private isClosed = false;

  constructor(
    private readonly register: ProcessRegister,
    private readonly logFolder: string,
  ) {
    mkdirSync(logFolder, { recursive: true });
  }

  /** @throws StackError PROCESS_DIED when it cannot be run at all or the group is closed */
  start(spec: ProcessSpec, log: 'append' | 'anew' = 'append'): RunningProcess {
    if (this.isClosed) throw new StackError('PROCESS_DIED', `${spec.name} was not started: the stack is being ended.`);
    const logFile = join(this.logFolder, `${spec.name}.log`);
    const output = openSync(logFile, log === 'append' ? 'a' : 'w');
    const child = spawn(spec.command, spec.args, {
      env: spec.environment,
      stdio: ['ignore', output, output],
      detached: spec.hasOwnSession ?? false,
    });
    closeSync(output);
    child.on('error', () => undefined);
    const { pid } = child;
    if (pid === undefined)
      throw new StackError('PROCESS_DIED', `${spec.name}: «${spec.command}» cannot be run. Is it installed?`);
    this.register.add(spec.name, pid);
    const ended = new Promise<ProcessEnd>((resolve) => {
      child.once('exit', (code, signal) => {
        this.register.remove(pid);
        if (this.members.get(spec.name) === member) this.members.delete(spec.name);
        resolve({ code, signal, isExpected: member.isExpectedToEnd });
      });
    });
    const member: Member = { name: spec.name, pid, logFile, child, ended, isExpectedToEnd: false };
    this.members.set(spec.name, member);
    return member;
  }

  /**
   * Runs a tool to its end.
   * @returns what it has written
   * @throws StackError PROCESS_DIED with its last log lines when it does not exit with 0 in time
   */
  async run(spec: ProcessSpec, timeoutMs: number): Promise<string> {
    const tool = this.start(spec, 'anew');
    const timer = setTimeout(() => void this.end([spec.name]), timeoutMs);
    const end = await tool.ended;
    clearTimeout(timer);
    if (end.code !== 0) throw new StackError('PROCESS_DIED', obituary(tool, end));
    return readFileSync(tool.logFile, 'utf8');
  }

  names(): readonly string[] {
    return [...this.members.keys()];
  }

  /** From now on nothing can be started. */
  close(): void {
    this.isClosed = true;
  }

  /** Ends the named processes: SIGTERM, then SIGKILL for what has not ended in time. Resolves when they are gone. */
  async end(names: readonly string[], stopTimeoutMs = STOP_TIMEOUT_MS): Promise<void> {
    const leaving = [...this.members.values()].filter((member) => names.includes(member.name));
    for (const member of leaving) {
      member.isExpectedToEnd = true;
      member.child.kill('SIGTERM');
      // A process that was stopped (SIGSTOP) takes no notice until it goes on.
      member.child.kill('SIGCONT');
    }
    const killer = setTimeout(() => {
      for (const member of leaving) member.child.kill('SIGKILL');
    }, stopTimeoutMs);
    await Promise.all(leaving.map((member) => member.ended));
    clearTimeout(killer);
  }
}

/** What to tell people about a process that ended: how, and the last lines that it wrote. */
export function obituary(process: RunningProcess, end: ProcessEnd): string {
  const how = end.signal === null ? `exited with code ${end.code ?? 'unknown'}` : `was ended by ${end.signal}`;
  const lines = lastLines(process.logFile, OBITUARY_LINES);
  const log = lines.length === 0 ? 'It wrote no log.' : `Its last log lines (${process.logFile}):\n${lines.join('\n')}`;
  return `${process.name} (pid ${process.pid}) ${how}. ${log}`;
}
