import { kafkaErrorOf } from './kafka-error-of.js';

/**
 * Decides what a crash means from which the client does not recover. Before the reader runs, its start fails and the caller may
 * retry; later the crash is fatal.
 */
export class CrashWatch {
  private hasBegun = false;
  private isStopping = false;
  private failure: Error | undefined;

  constructor(private readonly onFatal: (error: unknown) => void) {}

  crashed(error: Error): void {
    if (this.isStopping) return;
    if (this.hasBegun) this.onFatal(kafkaErrorOf(error));
    else this.failure = error;
  }

  /** Called when the client reports that it runs. @throws the error of a crash before that */
  begun(): void {
    this.hasBegun = true;
    if (this.failure !== undefined) throw kafkaErrorOf(this.failure);
  }

  stops(): void {
    this.isStopping = true;
  }
}
