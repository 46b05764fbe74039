import type { Logger } from './logger.js';

/** What a process does before it ends; what was added last comes first. */
export class ShutdownSteps {
  private readonly steps: { readonly name: string; readonly run: () => Promise<void> }[] = [];

  constructor(private readonly logger: Logger) {}

  add(name: string, run: () => Promise<void>): void {
    this.steps.push({ name, run });
  }

  /** Runs each, whatever becomes of the others. @returns whether none failed */
  async run(): Promise<boolean> {
    let isClean = true;
    for (const { name, run } of this.steps.toReversed()) {
      await run().catch((error: unknown) => {
        isClean = false;
        this.logger.error({ err: error, step: name }, 'a step of the shutdown failed');
      });
    }
    return isClean;
  }
}
