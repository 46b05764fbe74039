import { isWithoutCoordinator, kafkaErrorOf } from './kafka-error-of.js';

/**
 * Decides what a crash of the client's consumer means. A crash after which the client does not restart it is fatal, or fails the
 * start if the reader does not run yet; the caller may then retry.
 */
export class CrashWatch {
  private hasBegun = false;
  private isStopping = false;
  private failure: Error | undefined;

  constructor(private readonly onFatal: (error: unknown) => void) {}

  /** @param restarts whether the client starts its consumer again */
  crashed(error: Error, restarts: boolean): void {
    if (this.isStopping) return;
    if (this.hasBegun) {
      if (!restarts) this.onFatal(kafkaErrorOf(error));
      // At a start the reason may be a right that this principal lacks, so whoever waits for the start should read about it.
    } else if (!restarts || isWithoutCoordinator(error)) this.failure = error;
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
