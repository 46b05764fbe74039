import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { isEndRequested, latestAttempt, type Dispatch } from './dispatch.js';
import { reduce, type Transition } from './ledger.js';
import { afterLostRecords } from './lost-records.js';
import { ANNOUNCED_MEMORY_MS, canBeDialled, compacted, isOutlived, LEDGER_MEMORY_MS } from './ledger-keeping.js';
import type { LedgerRecord } from './ledger-records.js';

const callId = '6f9619ff-8b86-4011-b42d-00c04fc964ff';
const TENANTS = ['aaaabbbb-0000-4ccc-8ddd-2222eeee3333', '11111111-2222-4333-8444-555555555555'] as const;
const [tenantId] = TENANTS;
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
const isOutcome = (record: LedgerRecord): record is Outcome =>
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

interface Step {
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
const anyLog = fc.array(draw, { minLength: 1, maxLength: 30, size: 'max' }).map((draws) => {
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
const RUNS = 600;

/** What must be so after every record of every log. */
function always(check: (step: Step, before: readonly Step[]) => void): void {
  fc.assert(
    fc.property(anyLog, (steps) => {
      for (const [index, step] of steps.entries()) check(step, steps.slice(0, index));
    }),
    { numRuns: RUNS },
  );
}

const attemptsOf = (dispatch: Dispatch | undefined): Dispatch['attempts'] => dispatch?.attempts ?? [];
const isIntended = ({ transition }: Step): boolean => transition?.kind === 'intended';
const isReleased = ({ transition }: Step): boolean => transition?.kind === 'released';

describe('any log of any records', () => {
  it('is drawn so that most of what the others say is seen to happen', () => {
    const logs = fc.sample(anyLog, RUNS);
    const having = (isSeen: (step: Step, before: readonly Step[]) => boolean): number =>
      logs.filter((steps) => steps.some((step, index) => isSeen(step, steps.slice(0, index)))).length;
    const isUsed = ({ record, before }: Step): boolean =>
      record.type === 'Intent' &&
      before?.phase === 'waiting' &&
      attemptsOf(before).some((one) => one.nonce === record.nonce && record.attempt === attemptsOf(before).length + 1);
    expect(having((step, before) => isIntended(step) && before.some(isReleased))).toBeGreaterThan(RUNS / 8);
    expect(having((step, before) => isReleased(step) && before.some(isReleased))).toBeGreaterThan(RUNS / 20);
    expect(having(isUsed)).toBeGreaterThan(RUNS / 12);
    for (const kind of [
      'cancelled',
      'end-requested',
      'expired',
      'created',
      'refused',
      'not-sent',
      'unknown',
      'rejected',
      'forbidden',
      'invalid',
    ])
      expect([kind, having(({ transition }) => transition?.kind === kind) > RUNS / 100]).toEqual([kind, true]);
  });

  it('is folded to the same state each time', () => {
    always(({ record, before, after, appendedAtMs }) => {
      if (after !== before) expect(isDeepStrictEqual(reduce(before, record, appendedAtMs).dispatch, after)).toBe(true);
    });
  });

  it('leaves the call as it is where a record takes no effect', () => {
    always(({ before, after, transition }) => {
      // But for a nonce that is closed before its Intent comes.
      if (transition !== null || before === undefined || after === before) return;
      expect({ ...after, spentNonces: [] }).toEqual({ ...before, spentNonces: [] });
    });
  });

  it('keeps the command that was first, but for the time that a release gives it', () => {
    always(({ before, after, transition }) => {
      if (before?.command == null || after === before) return;
      expect(after?.requestHash).toBe(before.requestHash);
      if (transition?.kind !== 'released') expect(after?.command).toBe(before.command);
    });
  });

  it('numbers attempts 1, 2, 3 … and has one open at most, the latest (G1)', () => {
    always(({ before, after }) => {
      if (after === before) return;
      const attempts = attemptsOf(after);
      expect(attempts.every((one, index) => one.attempt === index + 1)).toBe(true);
      expect(attempts.slice(0, -1).some(({ state }) => state === 'open')).toBe(false);
      if (after?.phase === 'open') expect(attempts.at(-1)?.state).toBe('open');
      else if (after?.phase !== 'created') expect(attempts.at(-1)?.state).not.toBe('open');
    });
  });

  it('gives each nonce one permission at most, and none after its outcome (G1)', () => {
    always((step, before) => {
      if (!isIntended(step) || step.record.type !== 'Intent') return;
      const { nonce: own } = step.record;
      expect(before.some(({ record }) => isOutcome(record) && record.nonce === own)).toBe(false);
      expect(attemptsOf(step.before).map((one) => one.nonce)).not.toContain(own);
    });
  });

  it('permits another attempt only after the last one was refused, not sent, or released (G1)', () => {
    always((step) => {
      const { before } = step;
      if (!isIntended(step) || before === undefined) return;
      expect(before.phase).toBe('waiting');
      expect(attemptsOf(before).some(({ state }) => state === 'created')).toBe(false);
      expect(isEndRequested(before)).toBe(false);
      expect([undefined, 'refused', 'not-sent', 'unknown', 'rejected', 'forbidden', 'invalid']).toContain(
        latestAttempt(before)?.state,
      );
    });
  });

  it('permits an attempt after an unknown one only by a release each (G1)', () => {
    always((step, before) => {
      if (!isIntended(step)) return;
      const unknown = attemptsOf(step.before).filter(({ state }) => state === 'unknown').length;
      expect(unknown).toBeLessThanOrEqual(before.filter(isReleased).length);
    });
  });

  it('releases only the latest attempt of an unknown call that nobody wants to end', () => {
    always((step) => {
      const { before, record } = step;
      if (!isReleased(step) || record.type !== 'Released' || before === undefined) return;
      expect(before.phase).toBe('unknown');
      expect(record.attempt).toBe(latestAttempt(before)?.attempt);
      expect(isEndRequested(before)).toBe(false);
    });
  });

  it('never calls a call failed while nobody knows of one of its attempts (G2)', () => {
    always(({ after }) => {
      if (!attemptsOf(after).some(({ state }) => state === 'unknown' || state === 'created')) return;
      expect(['rejected', 'expired', 'cancelled', 'invalid']).not.toContain(after?.phase);
    });
  });

  it('keeps what is proven and what has failed for good', () => {
    always(({ before, after }) => {
      if (attemptsOf(after).some(({ state }) => state === 'created')) expect(after?.phase).toBe('created');
      else if (before !== undefined && ['invalid', 'expired', 'cancelled', 'rejected'].includes(before.phase))
        expect(after?.phase).toBe(before.phase);
    });
  });

  it('has an attempt closed once, by its own nonce, and after that only better known (G2)', () => {
    always(({ record, before, after }) => {
      for (const [index, was] of attemptsOf(before).entries()) {
        const is = attemptsOf(after)[index];
        if (is === was) continue;
        expect(isOutcome(record) && (record.nonce ?? was.nonce) === was.nonce).toBe(true);
        expect(['open', 'unknown']).toContain(was.state);
        expect(is?.state).not.toBe(was.state);
        if (isOutcome(record) && record.nonce === undefined) {
          expect(record.attempt).toBe(was.attempt);
          expect(['created', 'unknown']).toContain(is?.state);
        }
      }
    });
  });

  it('takes no release back for what becomes known of an older attempt', () => {
    always(({ record, before, after }) => {
      if (!isOutcome(record) || before?.phase !== 'waiting' || after?.phase === 'created') return;
      if (latestAttempt(before) === attemptsOf(after).at(-1)) expect(after?.phase).toBe('waiting');
    });
  });

  it('believes every outcome of the nonce that had the permission, even after somebody gave it up (G2)', () => {
    always(({ before, record, after }) => {
      if (record.type !== 'Created' || record.nonce === undefined) return;
      const mine = attemptsOf(before).find((one) => one.nonce === record.nonce);
      if (mine?.state === 'open' || mine?.state === 'unknown') expect(after?.phase).toBe('created');
    });
  });

  it('lets nobody but its owner call an open attempt unknown before its time', () => {
    always(({ before, record, transition, appendedAtMs }) => {
      if (record.type !== 'Unknown' || record.nonce !== undefined || transition === null) return;
      const open = attemptsOf(before).find((one) => one.attempt === record.attempt);
      expect(appendedAtMs).toBeGreaterThan((open?.intendedAtMs ?? 0) + (open?.orphanMs ?? 0));
    });
  });

  it('expires only while it waits, and after its notAfter', () => {
    always(({ before, transition, appendedAtMs }) => {
      if (transition?.kind !== 'expired') return;
      expect(before?.phase).toBe('waiting');
      expect(appendedAtMs).toBeGreaterThan(before?.command?.notAfterMs ?? Infinity);
    });
  });

  it('is forbidden only while it waits for its first attempt', () => {
    always(({ before, transition }) => {
      if (transition?.kind === 'forbidden') expect([before?.phase, attemptsOf(before).length]).toEqual(['waiting', 0]);
    });
  });

  it('waits for nothing once its own tenant asked for its end, and is ended by no other', () => {
    always(({ before, after, record, transition }) => {
      if (after !== undefined && isEndRequested(after)) expect(after.phase).not.toBe('waiting');
      if (record.type !== 'EndRequested' || before?.command == null) return;
      if (record.tenantId !== tenantId) expect(transition).toBeNull();
      if (before.phase !== 'waiting') expect(after?.phase).toBe(before.phase);
    });
  });

  it('permits no attempt after it cannot be dialled any more, whichever records follow (G1)', () => {
    always((step) => {
      const { before, after } = step;
      if (before === undefined || canBeDialled(before)) return;
      expect([isIntended(step), after !== undefined && canBeDialled(after)]).toEqual([false, false]);
    });
  });

  it('folds a compacted call exactly like the whole one', () => {
    let spent = 0;
    let withoutAttempts = 0;
    fc.assert(
      fc.property(anyLog, (steps) => {
        let kept: Dispatch | undefined;
        for (const { record, appendedAtMs, after, transition } of steps) {
          const reduced = reduce(kept, record, appendedAtMs);
          expect(reduced.transition).toEqual(transition);
          kept = reduced.dispatch && compacted(reduced.dispatch);
          expect(kept).toEqual(after && compacted(after));
          if (kept?.command?.call === null) spent += 1;
          if (attemptsOf(kept).length < attemptsOf(after).length) withoutAttempts += 1;
        }
      }),
      { numRuns: RUNS },
    );
    expect(spent).toBeGreaterThan(RUNS);
    expect(withoutAttempts).toBeGreaterThan(RUNS / 30);
  });
});

describe('any log of which some records in a row were lost behind the command', () => {
  interface Lossy {
    readonly step: Step;
    readonly before: Dispatch | undefined;
    readonly after: Dispatch | undefined;
    readonly transition: Transition | null;
  }

  /** What a process makes of the records behind those that were lost. */
  const lossyLog = fc
    .tuple(anyLog, fc.nat({ max: 30 }), fc.integer({ min: 1, max: 6 }))
    .map(([steps, first, count]): { readonly lossy: readonly Lossy[] } => {
      const known = steps[first % steps.length] as Step;
      if (known.after?.command == null) return { lossy: [] };
      const behind = steps.slice((first % steps.length) + 1);
      const lostAtMs = behind[count - 1]?.appendedAtMs ?? known.appendedAtMs;
      let before: Dispatch | undefined = afterLostRecords(known.after, lostAtMs);
      const lossy = behind.slice(count).map((step) => {
        const { dispatch: after, transition } = reduce(before, step.record, step.appendedAtMs);
        const one = { step, before, after, transition };
        before = after;
        return one;
      });
      return { lossy };
    });

  it('has every dial that is told behind them (G2)', () => {
    let told = 0;
    fc.assert(
      fc.property(lossyLog, ({ lossy }) => {
        for (const { step, after } of lossy) {
          if (step.transition?.kind !== 'created' || !isOutcome(step.record) || step.record.nonce === undefined) continue;
          told += 1;
          expect(after?.phase).toBe('created');
        }
      }),
      { numRuns: RUNS * 2 },
    );
    expect(told).toBeGreaterThan(RUNS / 30);
  });

  it('is folded to the same when it is compacted', () => {
    fc.assert(
      fc.property(lossyLog, ({ lossy }) => {
        let kept = lossy[0]?.before && compacted(lossy[0].before);
        for (const { step, after, transition } of lossy) {
          const reduced = reduce(kept, step.record, step.appendedAtMs);
          expect(reduced.transition).toEqual(transition);
          kept = reduced.dispatch && compacted(reduced.dispatch);
          expect(kept).toEqual(after && compacted(after));
        }
      }),
      { numRuns: RUNS * 2 },
    );
  });

  it('permits no attempt behind them without a release (G1)', () => {
    fc.assert(
      fc.property(lossyLog, ({ lossy }) => {
        const first = lossy.findIndex(({ transition }) => transition?.kind === 'intended');
        if (first !== -1) expect(lossy.slice(0, first).some(({ transition }) => transition?.kind === 'released')).toBe(true);
      }),
      { numRuns: RUNS * 2 },
    );
  });
});

describe('what a fold forgets', () => {
  const known = reduce(undefined, ACCEPTED, START_MS).dispatch as Dispatch;
  const announced = reduce(undefined, ENDS[0] as LedgerRecord, START_MS).dispatch as Dispatch;

  it.each([
    ['a call that was accepted', known, LEDGER_MEMORY_MS],
    ['an end that no call has come for', announced, ANNOUNCED_MEMORY_MS],
  ])('is %s, and no sooner than its time', (_what, dispatch, memoryMs) => {
    expect(isOutlived(dispatch, START_MS, START_MS + memoryMs)).toBe(false);
    expect(isOutlived(dispatch, START_MS, START_MS + memoryMs + 1)).toBe(true);
  });

  it('is never the end of a call that arrived up to a day later and may still dial, whatever the brokers’ clocks say (G9)', () => {
    const [dialsForMs, arrivesWithinMs, clocksDifferByMs] = [24, 24, 24].map((hours) => hours * 60 * 60 * 1_000) as [
      number,
      number,
      number,
    ];
    expect(ANNOUNCED_MEMORY_MS).toBeGreaterThanOrEqual(dialsForMs + arrivesWithinMs + clocksDifferByMs);
  });
});
