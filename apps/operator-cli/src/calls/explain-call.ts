import { errorText, isEndRequested, latestAttempt, LEDGER_MEMORY_MS, resultText } from '@callbus/contracts';
import { placeOf, type DeadLetter } from '@callbus/kafka';
import { timeOf } from '../screen/table.js';
import type { CallFacts } from './call-facts.js';
import { situationOf, type Situation } from './situation.js';

const LEDGER_DAYS = LEDGER_MEMORY_MS / (24 * 60 * 60 * 1000);

/** What else is on Kafka about a call than its ledger and its history. */
export interface Unhandled {
  readonly deadLetters: readonly DeadLetter[];
  /** Commands that were not put aside: when the broker took them, and whether a dispatcher has. */
  readonly commands: readonly { readonly type: string; readonly appendedAtMs: number; readonly isTaken: boolean }[];
}

export interface Explanation {
  readonly situation: Situation['kind'];
  /** Sentences. */
  readonly summary: readonly string[];
  /** What can be done now: arguments of the `callbus` command, and what they do. */
  readonly next: readonly { readonly command: string; readonly does: string }[];
}

/** Says in words what happened to a call, and what can be done about it. */
export function explainCall(
  facts: CallFacts,
  { deadLetters, commands }: Unhandled = { deadLetters: [], commands: [] },
): Explanation {
  const { callId, dispatch, snapshot } = facts;
  const situation = situationOf(facts);
  const { summary, next } = EXPLAIN[situation.kind](facts, situation as never);
  const surplus = (snapshot?.call.surplus ?? []).map(
    ({ attempt, end }) => `Attempt ${attempt} made another call of Graph’s beside it, which ${endOfSurplus(end)}.`,
  );
  const aside = deadLetters.map(
    (letter) =>
      `A command for it was put aside at ${timeOf(letter.putAsideAtMs)}: ${letter.reason}. ${letter.message} It is ${placeOf(letter)}.`,
  );
  const untaken = commands.filter(({ isTaken }) => !isTaken);
  const vain = dispatch === undefined ? commands.filter(({ isTaken }) => isTaken) : [];
  return {
    situation: situation.kind,
    summary: [
      ...summary,
      ...surplus,
      ...aside,
      ...vain.map(({ type, appendedAtMs }) => `${type} came at ${timeOf(appendedAtMs)}, and there was nothing that it could do.`),
      ...untaken.map(
        ({ type, appendedAtMs }) => `${type} is on Kafka since ${timeOf(appendedAtMs)}, and no dispatcher has taken it.`,
      ),
    ],
    next: [
      ...next,
      ...deadLetters.map((letter) => ({ command: `dead-letters show ${placeOf(letter)}`, does: 'shows what was put aside' })),
      ...(untaken.length === 0 ? [] : [{ command: 'doctor', does: 'looks for what keeps the dispatchers from working' }]),
      ...(situation.kind === 'unknown' || situation.kind === 'dialling'
        ? [{ command: `calls show ${callId}`, does: 'shows it again' }]
        : []),
    ],
  };
}

/** Sentences, then what can be typed next. */
export function explanationLines({ summary, next }: Explanation, invocation: string): string[] {
  if (next.length === 0) return [...summary];
  return [...summary, '', 'Next:', ...next.flatMap(({ command, does }) => [`  ${invocation} ${command}`, `      ${does}`])];
}

type Words = Pick<Explanation, 'summary' | 'next'>;
type Explain<K extends Situation['kind']> = (facts: CallFacts, situation: Extract<Situation, { kind: K }>) => Words;

const EXPLAIN: { readonly [K in Situation['kind']]: Explain<K> } = {
  'unheard-of': ({ callId }) => ({
    summary: [`Neither the ledger nor the history knows a call ${callId}.`],
    next: [],
  }),

  announced: ({ callId }) => ({
    summary: [`Only the end of call ${callId} was asked for. Should its CreateCall still come, it is cancelled.`],
    next: [],
  }),

  waiting: (facts, { notAfterMs }) => ({
    summary: [
      `Call ${facts.callId} waits for ${whatFor(facts)}.`,
      `If it has not been dialled by ${timeOf(notAfterMs)}, it expires.`,
    ],
    next: [cancel(facts.callId)],
  }),

  dialling: ({ callId }, { attempt, orphanAtMs }) => ({
    summary: [
      `Call ${callId} is being dialled: attempt ${attempt} has its permission in the ledger and no outcome yet.`,
      `If its process has died, the outcome counts as unknown from ${timeOf(orphanAtMs)}.`,
    ],
    next: [],
  }),

  unknown: (facts, { attempt }) => ({
    summary: [
      `Call ${facts.callId}: ${mayHaveDialled(facts, attempt)}`,
      'Graph may still call back, which would prove it. If that does not happen within the grace period, the call is parked.',
    ],
    next: [],
  }),

  parked: (facts, { attempt, isReleasable }) => ({
    summary: [
      `Call ${facts.callId} is parked: ${mayHaveDialled(facts, attempt)}`,
      'Graph has not called back within the grace period, so it may have rung or not. It is not dialled again by itself.',
      ...(isReleasable ? [] : ['Its end was asked for, so it cannot be released any more.']),
      'If Graph does call back, the call still becomes created.',
    ],
    next: isReleasable
      ? [
          {
            command: `calls release ${facts.callId} --reason "why it may ring again"`,
            does: `allows exactly one more dial after attempt ${attempt}`,
          },
          {
            command: `calls end ${facts.callId}`,
            does: 'gives it up: it is never dialled again, and is ended should it turn out to live',
          },
        ]
      : [],
  }),

  forgotten: (facts, { attempt }) => ({
    summary: [
      `Call ${facts.callId}: ${mayHaveDialled(facts, attempt)}`,
      `The ledger does not know the call any more: it forgets one ${LEDGER_DAYS} days after its last change. So it is never dialled again, and cannot be released or ended.`,
      'To call, place a new one.',
    ],
    next: [],
  }),

  live: ({ callId, dispatch }, { attempt, state, isEndRefused }) => ({
    summary: [
      `Graph has created call ${callId} by attempt ${attempt}. ${state === null ? 'It has not called back yet.' : `Its state is ${state}.`}`,
      ...(dispatch !== undefined && isEndRequested(dispatch) && !isEndRefused ? ['Its end was asked for.'] : []),
      ...(isEndRefused ? ['Graph refused to end it, and is asked again only if somebody asks again.'] : []),
    ],
    next: [{ command: `calls end ${callId}`, does: isEndRefused ? 'asks Graph again to hang up' : 'hangs up' }],
  }),

  ended: ({ callId, snapshot }) => ({
    summary: [`Call ${callId} has ended. ${resultText(snapshot?.call.resultInfo)}`.trimEnd()],
    next: [],
  }),

  failed: (facts, { reason }) => ({ summary: [`Call ${facts.callId} ${FAILURES[reason](facts)}`], next: [] }),
};

const FAILURES: Readonly<Record<Extract<Situation, { kind: 'failed' }>['reason'], (facts: CallFacts) => string>> = {
  rejected: (facts) =>
    `${wasForbidden(facts) ? 'was not dialled: Graph would refuse it' : 'was not created: Graph refused it'}${whyFailed(facts)}`,
  invalid: (facts) => `was not dialled, since Graph would not take it${whyFailed(facts)}`,
  expired: (facts) => `was not dialled, and now it is too late for it${whyFailed(facts)}`,
  cancelled: () => 'was ended before it was dialled.',
};

function wasForbidden({ ledger }: CallFacts): boolean {
  return ledger.some(({ transition }) => transition?.kind === 'forbidden');
}

function cancel(callId: string): Explanation['next'][number] {
  return { command: `calls end ${callId}`, does: 'cancels it' };
}

function whatFor({ dispatch, ledger }: CallFacts): string {
  const latest = dispatch && latestAttempt(dispatch);
  if (latest === undefined) return 'its first attempt';
  const next = `attempt ${latest.attempt + 1}`;
  if (latest.state === 'refused') {
    const from = latest.retryAtMs === null ? '' : `, not before ${timeOf(latest.retryAtMs)}`;
    return `${next}, since Graph refused attempt ${latest.attempt} for now (HTTP ${String(latest.httpStatus)})${from}`;
  }
  const released = ledger.findLast(({ record, transition }) => record.type === 'Released' && transition !== null)?.record;
  if (released?.type === 'Released' && released.attempt === latest.attempt) {
    return `${next}, which ${released.by === 'policy' ? 'its ifUnknown: redial' : (released.operator ?? 'an operator')} has allowed`;
  }
  return `${next}, since attempt ${latest.attempt} did not reach Graph`;
}

function mayHaveDialled({ dispatch, ledger }: CallFacts, attempt: number): string {
  const intendedAtMs = dispatch?.attempts.find((one) => one.attempt === attempt)?.intendedAtMs;
  const why = ledger.map(({ transition }) => transition).findLast((one) => one?.kind === 'unknown' && one.attempt === attempt);
  const when = intendedAtMs === undefined ? '' : ` at ${timeOf(intendedAtMs)}`;
  const because = why?.kind === 'unknown' ? ` (${why.why})` : '';
  return `attempt ${attempt} was begun${when}, and nobody knows whether it dialled${because}.`;
}

function endOfSurplus(end: string | undefined): string {
  if (end === undefined) return 'is being ended';
  return end === 'refused' ? 'Graph refused to end' : 'has been ended';
}

function whyFailed({ snapshot, ledger }: CallFacts): string {
  const why = ledger.map(({ transition }) => transition).findLast((one) => one !== null && ('why' in one || 'error' in one));
  if (why != null && 'why' in why) return `: ${why.why}.`;
  const said = errorText(why != null && 'error' in why ? why.error : snapshot?.call.failure?.error);
  return said === '' ? '.' : `: ${said}`;
}
