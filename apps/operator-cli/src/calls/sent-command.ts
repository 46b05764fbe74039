import { masked } from '../screen/masked.js';
import type { Report } from '../screen/report.js';
import type { CallFacts } from './call-facts.js';
import { explainCall, explanationLines } from './explain-call.js';
import { situationOf } from './situation.js';

export const NOT_TAKEN =
  'The command is on Kafka, and no dispatcher has taken it within OPERATOR_WAIT_MS. It is taken as soon as one runs; doctor looks for what is wrong.';

/** Whether something is still to come of a command to dial. */
export function isUnderWay(facts: CallFacts): boolean {
  return ['unheard-of', 'announced', 'waiting', 'dialling'].includes(situationOf(facts).kind);
}

export interface ReportOnOptions {
  /** What the command itself has to say, in sentences. */
  readonly said: readonly string[];
  readonly isWell: boolean;
  readonly invocation: string;
}

/** What a command came to, and where its call is now. */
export function reportOn(facts: CallFacts, { said, isWell, invocation }: ReportOnOptions): Report {
  const explanation = explainCall(facts);
  const { callId, dispatch } = facts;
  const attempts = (dispatch?.attempts ?? []).map(({ attempt, state, graphCallId }) => ({ attempt, state, graphCallId }));
  const data = masked({ callId, said, ...explanation, attempts }) as typeof explanation & { said: string[] };
  return { data, lines: [...data.said, ...explanationLines(data, invocation)], isWell };
}
