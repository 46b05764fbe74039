import type { CallFacts } from './call-facts.js';
import { situationOf } from './situation.js';

export const COMMAND_SOURCE = '/operator-cli';

export const NOT_TAKEN =
  'The command is on Kafka, and no dispatcher has taken it within OPERATOR_WAIT_MS. It is taken as soon as one runs; doctor looks for what is wrong.';

/** Whether something is still to come of a command to dial. */
export function isUnderWay(facts: CallFacts): boolean {
  return ['unheard-of', 'announced', 'waiting', 'dialling'].includes(situationOf(facts).kind);
}
