import fc from 'fast-check';
import type { Dispatch } from './dispatch.js';
import { compacted } from './ledger-keeping.js';
import { reduce, type Transition } from './ledger.js';
import { afterLostRecords } from './lost-records.js';
import { anyLog, isOutcome, RUNS, type Step } from './testing/any-log.js';

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
