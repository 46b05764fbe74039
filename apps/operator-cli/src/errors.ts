/** The command line asks for something that does not exist or does not go together; exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** Errors of the program itself, of which people can make nothing without knowing where they arose. */
const OWN_FAULTS = [TypeError, RangeError, ReferenceError, SyntaxError];

/** An error in words, with what lies behind it where that says more. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (OWN_FAULTS.some((kind) => error.constructor === kind)) return error.stack ?? error.message;
  const { code } = error as { code?: unknown };
  const text = error.message || (typeof code === 'string' ? code : error.name);
  return error.cause instanceof Error && !text.includes(error.cause.message) ? `${text} (${wordsOf(error.cause)})` : text;
}
