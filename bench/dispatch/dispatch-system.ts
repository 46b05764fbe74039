import type { CommandTopic } from './command-topic.js';

/** Something that takes commands from Kafka and dials. */
export interface DispatchSystem {
  readonly name: string;
  readonly commands: CommandTopic;
  /** Whether what it does after a call's POST is done too, so that it does not disturb the next measurement. */
  hasFinished(callId: string): boolean;
}
