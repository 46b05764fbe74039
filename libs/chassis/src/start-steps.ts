import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from './logger.js';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;

/** One step of a start that another system may hold up. */
export interface StartStep<T> {
  /** Names the work, such as «reading calls.snapshots». */
  readonly name: string;
  readonly run: () => Promise<T>;
  /** @returns what is missing, in words; null for an error that waiting does not cure */
  readonly waitsFor: (error: unknown) => string | null;
  /** Progress in words, which change only when the step makes progress. */
  readonly progress?: () => string | undefined;
}

/** Thrown when the process shuts down during its start. */
export class StartGivenUp extends Error {
  constructor() {
    super('The process shuts down before it has started.');
    this.name = new.target.name;
  }
}

/**
 * Runs the steps of a process's start one after the other. It retries a step until everything that the step needs is there,
 * without a time limit: if the process ended, its next start would miss the same (G7). It logs each wait once, not at each retry.
 */
export class StartSteps {
  private readonly stopping = new AbortController();
  private current: Pick<StartStep<unknown>, 'name' | 'progress'> | undefined;
  private waitsFor: string | null = null;

  constructor(
    private readonly logger: Logger,
    private readonly waits = { firstMs: FIRST_WAIT_MS, longestMs: LONGEST_WAIT_MS },
  ) {}

  /** @throws an error that waiting does not cure; StartGivenUp */
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

  /** The current step, its progress and the missing thing; undefined between steps. */
  describe(): string | undefined {
    if (this.current === undefined) return undefined;
    const { name, progress } = this.current;
    const words = [progress?.(), this.waitsFor === null ? undefined : `waits: ${this.waitsFor}`].filter(
      (one) => one !== undefined,
    );
    return words.length === 0 ? name : `${name}: ${words.join('; ')}`;
  }

  /** Ends the start: no step is tried again. */
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
