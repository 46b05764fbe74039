/**
 * Why the local stack cannot start or go on. The message of each error says what to do;
 * the code is what tests and scripts compare.
 */
export const STACK_FAULTS = {
  ARGUMENTS: 'the command line or the environment asks for something that does not exist',
  ALREADY_RUNNING: 'another stack uses the same state folder',
  PORT_TAKEN: 'a port that a process of the stack needs is in use',
  NO_KAFKA: 'there is no way to get a Kafka on this machine',
  KAFKA_JARS: 'Kafka’s jars could not be fetched or cannot be loaded',
  KAFKA_UNREACHABLE: 'the Kafka that was named or started does not answer',
  NOT_BUILT: 'the built output of a service is missing',
  PROCESS_DIED: 'a process of the stack ended by itself',
  NOT_READY: 'a process runs but does not become ready in time',
  DEMO_CALL: 'the demo call could not be placed or followed',
} as const;

export type StackFault = keyof typeof STACK_FAULTS;

export class StackError extends Error {
  constructor(
    readonly code: StackFault,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'StackError';
  }
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
