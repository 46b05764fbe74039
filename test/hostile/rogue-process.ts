import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Order, Tally, Targets } from './rogues/rogue.ts';

export const ROGUES = ['producer', 'caller', 'callback-sender', 'slow-client'] as const;
export type RogueName = (typeof ROGUES)[number];

/**
 * @param selection `producer,caller`; undefined means all
 * @throws for an unknown rogue
 */
export function selectRogues(selection: string | undefined): readonly RogueName[] {
  if (selection === undefined || selection === '') return ROGUES;
  return selection.split(',').map((name) => {
    const found = ROGUES.find((rogue) => rogue === name.trim());
    if (found === undefined) throw new Error(`--rogues: there is no «${name}»; there are ${ROGUES.join(', ')}`);
    return found;
  });
}

/** A rogue in a process of its own, so that its work does not delay what the test measures. */
export class RogueProcess {
  private errors = '';

  private constructor(
    readonly name: RogueName,
    private readonly child: ChildProcess,
  ) {
    child.stderr?.on('data', (chunk: Buffer) => (this.errors += chunk.toString('utf8')));
  }

  /** Resolves when the rogue is ready. It attacks only when it is told to. */
  static async launch(name: RogueName, targets: Targets): Promise<RogueProcess> {
    const child = fork(new URL(`rogues/${name}.ts`, import.meta.url), {
      execArgv: [],
      env: { ...process.env, ROGUE_TARGETS: JSON.stringify(targets) },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const rogue = new RogueProcess(name, child);
    await rogue.answer();
    return rogue;
  }

  order(order: Order): void {
    this.child.send(order);
  }

  /** @returns the outcomes of its attacks so far */
  async report(): Promise<Tally> {
    const answer = this.answer();
    this.order('report');
    return (await answer) as Tally;
  }

  async stop(): Promise<void> {
    if (!this.hasEnded()) {
      const exit = once(this.child, 'exit');
      this.child.kill('SIGKILL');
      await exit;
    }
  }

  private hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** @throws when the rogue has ended instead of answering */
  private async answer(): Promise<unknown> {
    return await new Promise((resolve, reject) => {
      const ended = (): void => {
        reject(new Error(`the rogue ${this.name} has ended:\n${this.errors}`));
      };
      if (this.hasEnded()) ended();
      this.child.once('exit', ended).once('message', (message) => {
        this.child.off('exit', ended);
        resolve(message);
      });
    });
  }
}
