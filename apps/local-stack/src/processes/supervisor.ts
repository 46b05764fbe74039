import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, StackError } from '../errors.js';
import { obituary, type ProcessGroup, type RunningProcess } from './process-group.js';
import { restartDecision, type RestartDecision } from './restart-policy.js';

/** Something that is kept running. */
export interface Supervised {
  readonly name: string;
  /** Starts it and resolves when it is ready; what does not become ready is ended by the supervisor. */
  readonly launch: () => Promise<RunningProcess>;
}

export interface SupervisorOptions {
  /** `auto`: what died is started again. */
  readonly restart: 'auto' | 'manual';
  /** Default: restart-policy.ts. */
  readonly decide?: (failedStarts: number) => RestartDecision;
  readonly say: (line: string) => void;
  /** The list of what is ready has changed. */
  readonly onChange: () => void;
  /** Something died for good: it cannot be started any more. */
  readonly onGivenUp: (error: StackError) => void;
}

/** Notices when one of the stack's processes ends by itself, says so with its last log lines, and starts it again. */
export class Supervisor {
  private readonly supervised = new Map<string, Supervised>();
  private readonly ready = new Map<string, RunningProcess>();
  private readonly relaunching = new Set<string>();
  private readonly stopping = new AbortController();

  constructor(
    private readonly group: ProcessGroup,
    private readonly options: SupervisorOptions,
  ) {}

  /** Launches it and keeps it running from then on. The first launch must succeed. */
  async start(supervised: Supervised): Promise<void> {
    const process = await supervised.launch();
    this.keep(supervised, process);
  }

  /** Keeps something running that was launched already. */
  keep(supervised: Supervised, process: RunningProcess): void {
    this.supervised.set(supervised.name, supervised);
    this.ready.set(supervised.name, process);
    this.options.onChange();
    void this.watch(supervised, process);
  }

  /** Ends it if it runs, and launches it anew. */
  async restart(name: string): Promise<void> {
    const supervised = this.supervised.get(name);
    if (supervised === undefined)
      throw new StackError('ARGUMENTS', `there is no process ${name}; there are ${this.names().join(', ')}`);
    if (this.relaunching.has(name)) throw new StackError('ARGUMENTS', `${name} is being started again already`);
    await this.group.end([name]);
    await this.start(supervised);
  }

  /** What is ready now, by name. */
  running(): ReadonlyMap<string, RunningProcess> {
    return this.ready;
  }

  /** From now on nothing is started again. */
  stop(): void {
    this.stopping.abort();
  }

  private names(): readonly string[] {
    return [...this.supervised.keys()];
  }

  private async watch(supervised: Supervised, first: RunningProcess): Promise<void> {
    let process: RunningProcess | undefined = first;
    while (process !== undefined) {
      const end = await process.ended;
      if (this.ready.get(supervised.name) === process) this.ready.delete(supervised.name);
      if (this.stopping.signal.aborted) return;
      this.options.onChange();
      if (end.isExpected) return;
      this.options.say(`✗ ${obituary(process, end)}`);
      if (this.options.restart === 'manual') return;
      this.relaunching.add(supervised.name);
      process = await this.relaunch(supervised);
      this.relaunching.delete(supervised.name);
    }
  }

  private async relaunch(supervised: Supervised): Promise<RunningProcess | undefined> {
    const decide = this.options.decide ?? restartDecision;
    for (let failedStarts = 0; ;) {
      const decision = decide(failedStarts);
      if (!decision.isRestarted) {
        this.options.onGivenUp(
          new StackError('PROCESS_DIED', `${supervised.name} could not be started again ${failedStarts} times in a row.`),
        );
        return undefined;
      }
      try {
        await sleep(decision.delayMs, undefined, { signal: this.stopping.signal });
        this.options.say(`… starting ${supervised.name} again`);
        const process = await supervised.launch();
        this.ready.set(supervised.name, process);
        this.options.onChange();
        this.options.say(`✓ ${supervised.name} is back (pid ${process.pid})`);
        return process;
      } catch (error) {
        if (this.stopping.signal.aborted) return undefined;
        failedStarts += 1;
        this.options.say(`✗ ${messageOf(error)}`);
        await this.group.end([supervised.name]);
      }
    }
  }
}
