import type { ServerResponse } from 'node:http';

/** The answers that are not written yet. */
export class OpenAnswers {
  private readonly open = new Set<ServerResponse>();
  private drain: () => void = () => undefined;

  add(answer: ServerResponse): void {
    this.open.add(answer);
    answer.once('close', () => {
      this.open.delete(answer);
      if (this.open.size === 0) this.drain();
    });
  }

  /** Resolves when there is none, or after `timeoutMs`. */
  async drained(timeoutMs: number): Promise<void> {
    if (this.open.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.drain = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
