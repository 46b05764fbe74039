import { isWithoutCoordinator, kafkaErrorOf } from './kafka-error-of.js';

/**
 * Decides what a crash of the client's consumer means. A crash after which the client does not restart the consumer is fatal.
 * Before the reader runs, such a crash fails the start instead, and the caller may try to start again.
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
      // During the start, a missing coordinator may mean that this principal lacks a right: fail the start with that error, even
      // if the client would restart.
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
