import type { LedgerRecord, Snapshot } from '@callbus/contracts';
import type { DeadLetter } from '@callbus/kafka';
import {
  ACCEPTED,
  CALL_ID,
  created,
  END_REQUESTED,
  expired,
  factsAfter,
  GRAPH_ERROR,
  intent,
  PARKED,
  refused,
  rejected,
  released,
  snapshotOf,
  unknown,
} from '../testing/call-records.js';
import { explainCall, explanationLines, type Explanation, type Unhandled } from './explain-call.js';

const NOTHING: Unhandled = { deadLetters: [], commands: [] };

function explained(records: readonly LedgerRecord[], snapshot?: Snapshot, unhandled = NOTHING): Explanation & { text: string } {
  const facts = factsAfter(...records);
  facts.snapshot = snapshot;
  const explanation = explainCall(facts, unhandled);
  return { ...explanation, text: explanation.summary.join(' ') };
}
const commandsOf = ({ next }: Explanation): string[] => next.map(({ command }) => command);

it('tells of a parked call what happened, that nobody knows, and both things that can be done', () => {
  const parked = explained([ACCEPTED, intent(), unknown()], PARKED);
  expect(parked.text).toBe(
    `Call ${CALL_ID} is parked: attempt 1 was begun at 2026-01-01T00:00:01.000Z, and nobody knows whether it dialled (the connection broke). ` +
      'Graph has not called back within the grace period, so it may have rung or not. It is not dialled again by itself. ' +
      'If Graph does call back, the call still becomes created.',
  );
  expect(commandsOf(parked)).toEqual([`calls release ${CALL_ID} --reason "why it may ring again"`, `calls end ${CALL_ID}`]);
});

it('tells of a parked call that the ledger has forgotten that nothing can be done any more', () => {
  const forgotten = explained([], PARKED);
  expect(forgotten.text).toBe(
    `Call ${CALL_ID}: attempt 1 was begun, and nobody knows whether it dialled. ` +
      'The ledger does not know the call any more: it forgets one 45 days after its last change. ' +
      'So it is never dialled again, and cannot be released or ended. To call, place a new one.',
  );
  expect(commandsOf(forgotten)).toEqual([]);
});

it('offers no release of a call whose end was asked for', () => {
  const parked = explained([ACCEPTED, intent(), unknown(), END_REQUESTED], PARKED);
  expect(parked.text).toContain('Its end was asked for');
  expect(commandsOf(parked)).toEqual([]);
});

it.each<[string, LedgerRecord[], Snapshot | undefined, RegExp, string[]]>([
  ['waits for its first attempt', [ACCEPTED], undefined, /waits for its first attempt\..*by 2026-01-01T00:02:00/, ['calls end']],
  [
    'was refused for now',
    [ACCEPTED, intent(), refused()],
    undefined,
    /attempt 2, since Graph refused attempt 1 for now \(HTTP 429\), not before 2026-01-01T00:00:07/,
    ['calls end'],
  ],
  [
    'was released',
    [ACCEPTED, intent(), unknown(), released()],
    PARKED,
    /waits for attempt 2, which ann has allowed/,
    ['calls end'],
  ],
  [
    'is being dialled',
    [ACCEPTED, intent()],
    undefined,
    /is being dialled: attempt 1.*unknown from 2026-01-01T00:00:41/,
    ['calls show'],
  ],
  ['may have been dialled a moment ago', [ACCEPTED, intent(), unknown()], undefined, /Graph may still call back/, ['calls show']],
  [
    'lives',
    [ACCEPTED, intent(), created()],
    snapshotOf({ phase: 'created', state: 'established' }),
    /state is established/,
    ['calls end'],
  ],
  [
    'cannot be ended',
    [ACCEPTED, intent(), created()],
    snapshotOf({ phase: 'created', isEndRefused: true }),
    /Graph refused to end it/,
    ['calls end'],
  ],
  [
    'has ended',
    [ACCEPTED, intent(), created()],
    snapshotOf({ phase: 'ended', resultInfo: { code: 200, subcode: 4521, message: 'Over.', meaning: null } }),
    /has ended\. 200\/4521 Over\./,
    [],
  ],
  ['was refused', [ACCEPTED, intent(), rejected()], undefined, /Graph refused it: 403 7504 Insufficient permissions\./, []],
  [
    'would be refused',
    [ACCEPTED, { type: 'Forbidden', callId: CALL_ID, error: GRAPH_ERROR }],
    undefined,
    /not dialled: Graph would refuse it: 403 7504 Insufficient permissions\./,
    [],
  ],
  ['came too late', [ACCEPTED, expired], undefined, /too late for it: notAfter passed before the call could be dialled\./, []],
  ['was ended first', [END_REQUESTED, ACCEPTED], undefined, /ended before it was dialled/, []],
  ['is only ended', [END_REQUESTED], undefined, /Only the end/, []],
  ['nobody knows', [], undefined, /Neither the ledger nor the history knows/, []],
])('says so of a call that %s', (_what, records, snapshot, words, next) => {
  const explanation = explained(records, snapshot);
  expect(explanation.text).toMatch(words);
  expect(commandsOf(explanation)).toEqual(next.map((command) => `${command} ${CALL_ID}`));
});

it('lists the faults of a call that is not valid', () => {
  const invalid: LedgerRecord = {
    ...ACCEPTED,
    type: 'Invalid',
    faults: [{ path: 'call.targets', message: 'is required' }],
  } as LedgerRecord;
  expect(explained([invalid]).text).toContain('call.targets is required');
});

it('tells of other calls of Graph’s that the same command made', () => {
  const surplus = [
    { attempt: 2, graphCallId: 'g-2' },
    { attempt: 3, graphCallId: 'g-3', end: 'ended' as const },
  ];
  const { text } = explained([ACCEPTED, intent(), created()], snapshotOf({ phase: 'created', surplus }));
  expect(text).toContain('Attempt 2 made another call of Graph’s beside it, which is being ended.');
  expect(text).toContain('Attempt 3 made another call of Graph’s beside it, which has been ended.');
});

it('tells of commands that were put aside, or that nobody takes', () => {
  const letter = {
    topic: 'calls.commands.dead-letter',
    partition: 3,
    offset: 7n,
    putAsideAtMs: 0,
    reason: 'CONFLICT',
    message: 'Known.',
  };
  const aside = explained([ACCEPTED], undefined, { ...NOTHING, deadLetters: [letter as DeadLetter] });
  expect(aside.text).toContain('put aside at 1970-01-01T00:00:00.000Z: CONFLICT. Known.');
  expect(commandsOf(aside)).toContain('dead-letters show calls.commands.dead-letter/3/7');
  const untaken = explained([], undefined, { ...NOTHING, commands: [{ type: 'CreateCall', appendedAtMs: 0, isTaken: false }] });
  expect(untaken.text).toContain('CreateCall is on Kafka since 1970-01-01T00:00:00.000Z, and no dispatcher has taken it.');
  expect(commandsOf(untaken)).toEqual(['doctor']);
  const ending = explained([ACCEPTED], undefined, {
    ...NOTHING,
    commands: [{ type: 'EndCall', appendedAtMs: 0, isTaken: false }],
  });
  expect(ending.text).toContain('EndCall is on Kafka since');
});

it('tells of a command for a call that there is not, which was taken, that it could do nothing; of others the ledger tells', () => {
  const taken: Unhandled = { ...NOTHING, commands: [{ type: 'ReleaseCall', appendedAtMs: 0, isTaken: true }] };
  const vain = explained([], undefined, taken);
  expect(vain.text).toContain('ReleaseCall came at 1970-01-01T00:00:00.000Z, and there was nothing that it could do.');
  expect(commandsOf(vain)).toEqual([]);
  expect(explained([ACCEPTED], undefined, taken).text).not.toContain('ReleaseCall');
});

it('puts under the sentences what to type, as it is typed here', () => {
  const lines = explanationLines(explained([ACCEPTED]), 'npm run callbus --');
  expect(lines.slice(-4)).toEqual(['', 'Next:', `  npm run callbus -- calls end ${CALL_ID}`, '      cancels it']);
});
