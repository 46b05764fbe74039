import { kafkaErrorOf } from './kafka-error-of.js';

/**
 * What a crash means that the client does not recover from. Before a reader has begun, its beginning has failed, and may be tried
 * again; later it is fatal.
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

  /** The client says that it runs. @throws what made it crash on its way there */
  begun(): void {
    this.hasBegun = true;
    if (this.failure !== undefined) throw kafkaErrorOf(this.failure);
  }

  stops(): void {
    this.isStopping = true;
  }
}
