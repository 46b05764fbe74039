import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from './logger.js';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;

/** One step of a start that another system may hold up. */
export interface StartStep<T> {
  /** What it does, as «reading calls.snapshots». */
  readonly name: string;
  readonly run: () => Promise<T>;
  /** @returns in words what has to be there before the step can be done; null for an error that no waiting mends */
  readonly waitsFor: (error: unknown) => string | null;
  /** How far it has come, in words that change only when it comes further. */
  readonly progress?: () => string | undefined;
}

/** A start that is given up, since the process shuts down. */
export class StartGivenUp extends Error {
  constructor() {
    super('The process shuts down before it has started.');
    this.name = new.target.name;
  }
}

/**
 * What a process does before it is ready, one step after the other. A step that needs something that is not there yet is tried
 * again until it is, however long that takes: a process that ended would be started again, and miss the same (G7). What is waited
 * for is in the log once, not once for each try.
 */
export class StartSteps {
  private readonly stopping = new AbortController();
  private current: Pick<StartStep<unknown>, 'name' | 'progress'> | undefined;
  private waitsFor: string | null = null;

  constructor(
    private readonly logger: Logger,
    private readonly waits = { firstMs: FIRST_WAIT_MS, longestMs: LONGEST_WAIT_MS },
  ) {}

  /** @throws what no waiting mends; StartGivenUp */
  async run<T>(step: StartStep<T>): Promise<T> {
    const { firstMs, longestMs } = this.waits;
    this.current = step;
    for (let waitMs = firstMs; ; waitMs = Math.min(waitMs * 2, longestMs)) {
      const outcome = await step.run().then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      );
      if (this.stopping.signal.aborted) throw new StartGivenUp();
      if ('value' in outcome) {
        this.goesOn(step.name);
        return outcome.value;
      }
      const waitsFor = step.waitsFor(outcome.error);
      if (waitsFor === null) throw outcome.error;
      this.wait(step.name, waitsFor, outcome.error);
      await delay(waitMs, undefined, { signal: this.stopping.signal }).catch(() => {
        throw new StartGivenUp();
      });
    }
  }

  /** What the start is at, and what it waits for; undefined between steps. */
  describe(): string | undefined {
    if (this.current === undefined) return undefined;
    const { name, progress } = this.current;
    const words = [progress?.(), this.waitsFor === null ? undefined : `waits: ${this.waitsFor}`].filter(
      (one) => one !== undefined,
    );
    return words.length === 0 ? name : `${name}: ${words.join('; ')}`;
  }

  /** Nothing is tried any more. */
  stop(): void {
    this.stopping.abort();
  }

  private wait(step: string, waitsFor: string, error: unknown): void {
    if (waitsFor === this.waitsFor) return;
    this.waitsFor = waitsFor;
    this.logger.warn({ err: error, step, waitsFor }, 'the start waits, and tries again by itself');
  }

  private goesOn(step: string): void {
    if (this.waitsFor !== null) this.logger.info({ step }, 'the start goes on');
    this.waitsFor = null;
    this.current = undefined;
  }
}
