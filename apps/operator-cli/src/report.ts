/** What a command found or did. */
export interface Report {
  /** For programs, as JSON. */
  readonly data: unknown;
  /** For people. */
  readonly text: string;
  /** Decides the exit code: 0, or 1. */
  readonly isWell: boolean;
}

/** The command line asks for something that does not exist or does not go together; exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}
