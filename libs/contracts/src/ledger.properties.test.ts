import fc from 'fast-check';
import { latestAttempt, reduce, type Dispatch, type Transition } from './ledger.js';
import type { LedgerRecord } from './ledger-records.js';

const callId = '6f9619ff-8b86-4011-b42d-00c04fc964ff';
const TENANTS = ['aaaabbbb-0000-4ccc-8ddd-2222eeee3333', '11111111-2222-4333-8444-555555555555'];
const tenantId = TENANTS[0] as string;
const NONCES = [1, 2, 3, 4].map((number) => `00000000-0000-4000-8000-00000000000${String(number)}`);
const error = { httpStatus: 403, code: '7504', message: 'no' };
const command = { tenantId, appId: tenantId, notAfterMs: 100, ifUnknown: 'park' as const, call: {} };

const attempt = fc.integer({ min: 1, max: 4 });
const nonce = fc.constantFrom(...NONCES);
const ofAttempt = <T extends object>(more: T) => fc.record({ attempt, nonce }).map((key) => ({ ...key, ...more }));
/** Any record that a process, sane or not, might append about the call. */
const anyRecord: fc.Arbitrary<LedgerRecord> = fc
  .oneof(
    fc.constant({ type: 'Accepted' as const, command, requestHash: '1:a' }),
    fc.constant({ type: 'Invalid' as const, command, requestHash: '1:b', faults: [] }),
    fc.constantFrom(...TENANTS).map((tenant) => ({ type: 'EndRequested' as const, tenantId: tenant })),
    ofAttempt({ type: 'Intent' as const, deadlineMs: 10, orphanMs: 30 }),
    ofAttempt({ type: 'Intent' as const, deadlineMs: 10, orphanMs: 30 }),
    ofAttempt({ type: 'Created' as const, provenBy: 'response' as const, graphCallId: 'g' }),
    attempt.map((number) => ({ type: 'Created' as const, attempt: number, provenBy: 'callback' as const, graphCallId: 'g' })),
    ofAttempt({ type: 'Rejected' as const, error }),
    ofAttempt({ type: 'Refused' as const, retryAfterMs: 5, error }),
    ofAttempt({ type: 'NotSent' as const, why: 'x' }),
    ofAttempt({ type: 'Unknown' as const, why: 'x' }),
    attempt.map((number) => ({ type: 'Unknown' as const, attempt: number, why: 'orphan' })),
    fc.record({ type: fc.constant('Released' as const), attempt, by: fc.constantFrom('operator' as const, 'policy' as const) }),
    fc.constant({ type: 'Expired' as const, why: 'late' }),
    fc.constant({ type: 'Forbidden' as const, error }),
  )
  .map((record) => ({ callId, ...record }) as LedgerRecord);

interface Step {
  readonly record: LedgerRecord;
  readonly before: Dispatch | undefined;
  readonly after: Dispatch | undefined;
  readonly transition: Transition | null;
}

/** A log of any records, most often one that begins with an accepted command; each comes some time after the one before. */
const anyLog = fc
  .tuple(fc.boolean(), fc.array(fc.tuple(anyRecord, fc.integer({ min: 0, max: 40 })), { maxLength: 40 }))
  .map(([isUsual, log]) => {
    const first: [LedgerRecord, number] = [{ type: 'Accepted', callId, command, requestHash: '1:a' }, 0];
    return isUsual ? [first, ...log] : log;
  });

function fold(log: readonly (readonly [LedgerRecord, number])[]): Step[] {
  let before: Dispatch | undefined;
  let nowMs = 1_000;
  return log.map(([record, waitMs]) => {
    nowMs += waitMs;
    const { dispatch: after, transition } = reduce(before, record, nowMs);
    const step = { record, before, after, transition };
    before = after;
    return step;
  });
}

/** What must be so after every record of every log. */
function always(check: (step: Step, steps: readonly Step[]) => void): void {
  fc.assert(
    fc.property(anyLog, (log) => {
      const steps = fold(log);
      for (const step of steps) check(step, steps);
    }),
    { numRuns: 4_000 },
  );
}

const attemptsOf = (dispatch: Dispatch | undefined): Dispatch['attempts'] => dispatch?.attempts ?? [];
const intended = (steps: readonly Step[]): Step[] => steps.filter(({ transition }) => transition?.kind === 'intended');

describe('any log of any records', () => {
  it('is folded without an error, and to the same state each time', () => {
    fc.assert(
      fc.property(anyLog, (log) => {
        expect(fold(log)).toEqual(fold(log));
      }),
      { numRuns: 2_000 },
    );
  });

  it('leaves the call as it is where a record takes no effect', () => {
    always(({ before, after, transition }) => {
      // But for a nonce that is closed before its Intent comes.
      if (transition === null && before !== undefined)
        expect({ ...after, spentNonces: [] }).toEqual({ ...before, spentNonces: [] });
    });
  });

  it('numbers attempts 1, 2, 3 … and has one open at most (G1)', () => {
    always(({ after }) => {
      expect(attemptsOf(after).map((one) => one.attempt)).toEqual(attemptsOf(after).map((_one, index) => index + 1));
      expect(attemptsOf(after).filter(({ state }) => state === 'open').length).toBeLessThanOrEqual(1);
    });
  });

  it('gives each nonce one permission at most (G1)', () => {
    always((_step, steps) => {
      const nonces = intended(steps).map(({ after }) => latestAttempt(after as Dispatch)?.nonce);
      expect(new Set(nonces).size).toBe(nonces.length);
    });
  });

  it('permits another attempt only after the last one was refused, not sent, or released (G1)', () => {
    always(({ before, transition }) => {
      if (transition?.kind !== 'intended' || before === undefined) return;
      const last = latestAttempt(before);
      expect(before.phase).toBe('waiting');
      expect(attemptsOf(before).some(({ state }) => state === 'created')).toBe(false);
      expect(before.endRequestedBy).not.toContain(tenantId);
      expect([undefined, 'refused', 'not-sent', 'unknown', 'rejected']).toContain(last?.state);
    });
  });

  it('permits an attempt after an unknown one only by a release each (G1)', () => {
    always((_step, steps) => {
      let releases = 0;
      for (const { transition, after } of steps) {
        if (transition?.kind === 'released') releases += 1;
        if (transition?.kind !== 'intended') continue;
        const unknown = attemptsOf(after)
          .slice(0, -1)
          .filter(({ state }) => state === 'unknown').length;
        expect(releases).toBeGreaterThanOrEqual(unknown > 0 ? 1 : 0);
        expect(unknown).toBeLessThanOrEqual(releases);
      }
    });
  });

  it('releases only the latest attempt of an unknown call that nobody wants to end', () => {
    always(({ before, record, transition }) => {
      if (transition?.kind !== 'released' || record.type !== 'Released') return;
      expect(before?.phase).toBe('unknown');
      expect(record.attempt).toBe(latestAttempt(before as Dispatch)?.attempt);
      expect(before?.endRequestedBy).not.toContain(tenantId);
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
      if (before === undefined) return;
      if (before.phase === 'created') expect(after?.phase).toBe('created');
      if (
        ['invalid', 'expired', 'cancelled', 'rejected'].includes(before.phase) &&
        !attemptsOf(after).some(({ state }) => state === 'created')
      )
        expect(after?.phase).toBe(before.phase);
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
    fc.assert(
      fc.property(anyLog, (log) => {
        let nowMs = 1_000;
        let before: Dispatch | undefined;
        for (const [record, waitMs] of log) {
          nowMs += waitMs;
          const { dispatch, transition } = reduce(before, record, nowMs);
          if (record.type === 'Unknown' && record.nonce === undefined && transition !== null) {
            const open = attemptsOf(before).find((one) => one.attempt === record.attempt);
            expect(nowMs).toBeGreaterThan((open?.intendedAtMs ?? 0) + (open?.orphanMs ?? 0));
          }
          before = dispatch;
        }
      }),
      { numRuns: 4_000 },
    );
  });
});
