import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { isEndRequested, latestAttempt, type Dispatch } from './dispatch.js';
import { canBeDialled, compacted } from './ledger-keeping.js';
import { reduce } from './ledger.js';
import { anyLog, attemptsOf, isOutcome, RUNS, tenantId, type Step } from './testing/any-log.js';

/** What must be so after every record of every log. */
function always(check: (step: Step, before: readonly Step[]) => void): void {
  fc.assert(
    fc.property(anyLog, (steps) => {
      for (const [index, step] of steps.entries()) check(step, steps.slice(0, index));
    }),
    { numRuns: RUNS },
  );
}

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
