import fc from 'fast-check';
import { latestAttempt, type Dispatch } from '../dispatch.js';
import { reduce, type Transition } from '../ledger.js';
import type { LedgerRecord } from '../ledger-records.js';

const callId = '6f9619ff-8b86-4011-b42d-00c04fc964ff';
const TENANTS = ['aaaabbbb-0000-4ccc-8ddd-2222eeee3333', '11111111-2222-4333-8444-555555555555'] as const;
/** The call's own tenant. */
export const [tenantId] = TENANTS;
const NONCES = Array.from({ length: 8 }, (_, index) => `00000000-0000-4000-8000-00000000000${String(index)}`);
const error = { httpStatus: 403, code: '7504', message: 'no' };
/** When a log begins, ms. */
const START_MS = 1_000;
const command = { tenantId, appId: tenantId, notAfterMs: START_MS + 100, ifUnknown: 'park' as const, call: {} };
const ACCEPTED: LedgerRecord = { type: 'Accepted', callId, command, requestHash: '1:a' };
const INVALID: LedgerRecord = { type: 'Invalid', callId, command, requestHash: '1:b', faults: [] };
const EXPIRED: LedgerRecord = { type: 'Expired', callId, why: 'late' };
const FORBIDDEN: LedgerRecord = { type: 'Forbidden', callId, error };
const ENDS = TENANTS.map((tenant): LedgerRecord => ({ type: 'EndRequested', callId, tenantId: tenant }));

type Outcome = Extract<LedgerRecord, { type: 'Created' | 'Rejected' | 'Refused' | 'NotSent' | 'Unknown' }>;
const intent = (attempt: number, nonce: string): LedgerRecord => ({
  type: 'Intent',
  callId,
  attempt,
  nonce,
  deadlineMs: 10,
  orphanMs: 30,
});
/** Each outcome of an attempt; without a nonce, as somebody else would tell it. */
const outcomesOf = (key: { readonly attempt: number; readonly nonce?: string }): readonly Outcome[] => [
  { type: 'Unknown', callId, ...key, why: 'reset' },
  { type: 'NotSent', callId, ...key, why: 'x' },
  { type: 'Refused', callId, ...key, retryAfterMs: 5, error },
  { type: 'Rejected', callId, ...key, error },
  { type: 'Created', callId, ...key, provenBy: key.nonce === undefined ? 'callback' : 'response', graphCallId: 'g' },
];
export const isOutcome = (record: LedgerRecord): record is Outcome =>
  ['Created', 'Rejected', 'Refused', 'NotSent', 'Unknown'].includes(record.type);

const attempt = fc.integer({ min: 1, max: 6 });
const nonce = fc.constantFrom(...NONCES);
/** Any record that a process, sane or not, might append about the call. */
const anyRecord: fc.Arbitrary<LedgerRecord> = fc.oneof(
  fc.constantFrom<LedgerRecord>(ACCEPTED, INVALID, EXPIRED, FORBIDDEN, ...ENDS),
  fc.tuple(attempt, nonce).map((key) => intent(...key)),
  fc.tuple(attempt, nonce).chain(([number, own]) => fc.constantFrom(...outcomesOf({ attempt: number, nonce: own }))),
  attempt.chain((number) => fc.constantFrom(...outcomesOf({ attempt: number }))),
  fc
    .tuple(attempt, fc.constantFrom('operator' as const, 'policy' as const), fc.integer({ min: 0, max: 800 }))
    .map(([number, by, laterMs]) => ({ type: 'Released' as const, callId, attempt: number, by, notAfterMs: START_MS + laterMs })),
);

export const attemptsOf = (dispatch: Dispatch | undefined): Dispatch['attempts'] => dispatch?.attempts ?? [];

/** What processes that keep to the protocol, though late or twice, append to a call in this state; each as often as it is here. */
function likely(dispatch: Dispatch | undefined): readonly LedgerRecord[] {
  const latest = dispatch && latestAttempt(dispatch);
  const taken = [...attemptsOf(dispatch).map((one) => one.nonce), ...(dispatch?.spentNonces ?? [])];
  const late = attemptsOf(dispatch)
    .flatMap(outcomesOf)
    .filter(({ type }) => type !== 'Created');
  switch (dispatch?.phase) {
    case undefined:
    case 'announced':
      return [...Array.from({ length: 16 }, () => ACCEPTED), INVALID, ...ENDS];
    case 'waiting': {
      const next = (latest?.attempt ?? 0) + 1;
      const fresh = NONCES.filter((one) => !taken.includes(one)).slice(0, 1);
      const intents = [...Array.from({ length: 4 }, () => fresh).flat(), ...taken].map((one) => intent(next, one));
      return [...intents, ...intents, ...intents, ...intents, ...late, EXPIRED, FORBIDDEN, ...ENDS];
    }
    case 'open': {
      const [lost, unsent, refused, ...rest] = latest ? outcomesOf(latest) : [];
      return [lost, lost, lost, lost, unsent, refused, ...rest].filter((one) => one !== undefined);
    }
    case 'unknown': {
      const released: LedgerRecord = { type: 'Released', callId, attempt: latest?.attempt ?? 1, by: 'operator' };
      return [...late.map(() => released), ...late];
    }
    default:
      return attemptsOf(dispatch).flatMap(outcomesOf);
  }
}

export interface Step {
  readonly record: LedgerRecord;
  readonly appendedAtMs: number;
  readonly before: Dispatch | undefined;
  readonly after: Dispatch | undefined;
  readonly transition: Transition | null;
}

/** Of ten records of a log, how many are likely ones. */
const LIKELY_OF_TEN = 8;
const draw = fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 999 }), anyRecord, fc.integer({ min: 0, max: 40 }));

/** A log that was drawn record by record, each some time after the one before and most often one that fits what is there. */
export const anyLog = fc.array(draw, { minLength: 1, maxLength: 30, size: 'max' }).map((draws) => {
  const steps: Step[] = [];
  let before: Dispatch | undefined;
  let appendedAtMs = START_MS;
  for (const [ofTen, choice, any, waitMs] of draws) {
    const fitting = ofTen < LIKELY_OF_TEN ? likely(before) : [];
    const record = fitting[choice % fitting.length] ?? any;
    appendedAtMs += waitMs;
    const { dispatch: after, transition } = reduce(before, record, appendedAtMs);
    steps.push({ record, appendedAtMs, before, after, transition });
    before = after;
  }
  return steps;
});

/** Logs for each property. */
export const RUNS = 600;
