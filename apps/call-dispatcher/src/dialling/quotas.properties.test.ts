import { reduce, type Dispatch, type LedgerRecord } from '@callbus/contracts';
import fc from 'fast-check';
import { Quotas } from './quotas.js';
import { COMMAND, GRAPH_ERROR, intent, key, START_MS } from '../testing/dispatches.js';

const CALL_IDS = ['a', 'b', 'c'];
const LIMITS = { maxLiveCalls: 1_000, maxCallsPerMonth: 1_000 };
const DAYS = 60;
const MONTHS = [START_MS, START_MS + 31 * 86_400_000, START_MS + 59 * 86_400_000];

/** One step, in any order: the ledger grows, this process folds a part of it, reserves a call, or sees a snapshot. */
type Action = { readonly callId: string } & (
  | { readonly does: 'append'; readonly record: LedgerRecord }
  | { readonly does: 'fold' | 'reserve' | 'giveBack' | 'snapshot' | 'end' }
);

const error = GRAPH_ERROR;
const ACCEPTED = CALL_IDS.map((callId) => ({ type: 'Accepted', callId, command: COMMAND, requestHash: '1:00' }) as const);
const records = fc
  .integer({ min: 1, max: 2 })
  .chain((attempt) =>
    fc.constantFrom<LedgerRecord>(
      { type: 'EndRequested', callId: '', tenantId: COMMAND.tenantId },
      { type: 'Released', callId: '', attempt, by: 'operator' },
      intent(attempt),
      intent(attempt),
      { type: 'Created', ...key(attempt), provenBy: 'response', graphCallId: 'graph' },
      { type: 'Refused', ...key(attempt), retryAfterMs: 1_000, error },
      { type: 'Rejected', ...key(attempt), error },
      { type: 'NotSent', ...key(attempt), why: 'no connection' },
      { type: 'Unknown', ...key(attempt), why: 'reset' },
    ),
  );
const action: fc.Arbitrary<Action> = fc.constantFrom(...CALL_IDS).chain((callId) =>
  fc.oneof(
    { weight: 3, arbitrary: records.map((record) => ({ callId, does: 'append', record: { ...record, callId } }) as const) },
    {
      weight: 4,
      arbitrary: fc.constantFrom(...(['fold', 'fold', 'reserve', 'giveBack', 'snapshot', 'end'] as const)).map((does) => ({
        callId,
        does,
      })),
    },
  ),
);

it('equal a plain recount of the ledger, the histories and the reservations, in any order of events', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const ended = new Set<string>();
      const reserved = new Set<string>();
      const folded = new Map<string, Dispatch>();
      const log: LedgerRecord[] = [...ACCEPTED];
      let next = 0;
      const quotas = new Quotas(LIMITS, ({ callId }) => ended.has(callId));
      const fold = (): void => {
        const record = log[next];
        if (record === undefined) return;
        const before = folded.get(record.callId);
        // Sixty days pass in the course of one log, so that there are attempts of three months.
        const { dispatch } = reduce(before, record, START_MS + (next * DAYS * 86_400_000) / 60);
        next += 1;
        if (dispatch === undefined || dispatch === before) return;
        folded.set(record.callId, dispatch);
        quotas.changed(before, dispatch);
      };
      const look = (callId: string): void => {
        const dispatch = folded.get(callId);
        if (dispatch !== undefined) quotas.update(dispatch);
      };
      for (const { callId, ...one } of actions) {
        if (one.does === 'append') log.push(one.record);
        else if (one.does === 'fold') fold();
        else if (one.does === 'reserve') {
          reserved.add(callId);
          quotas.reserve(callId, COMMAND);
        } else if (one.does === 'giveBack') {
          reserved.delete(callId);
          quotas.giveBack(callId, COMMAND);
        } else {
          if (one.does === 'end') ended.add(callId);
          look(callId);
        }
        expect(usedBy(quotas)).toEqual(recount(folded, ended, reserved));
      }
      while (next < log.length) fold();
      for (const callId of [...reserved]) quotas.giveBack(callId, COMMAND);
      expect(usedBy(quotas)).toEqual(recount(folded, ended, new Set()));
    }),
    { numRuns: 1_000 },
  );
});

interface Used {
  readonly live: number;
  readonly dialling: number;
  readonly months: readonly number[];
}

function usedBy(quotas: Quotas): Used {
  const left = MONTHS.map((ms) => quotas.left(ms));
  return {
    live: LIMITS.maxLiveCalls - left[0]!.liveCalls,
    dialling: quotas.dialling(COMMAND),
    months: left.map(({ callsPerMonth }) => LIMITS.maxCallsPerMonth - callsPerMonth),
  };
}

/** Counts from scratch, in the simplest way. */
function recount(folded: ReadonlyMap<string, Dispatch>, ended: ReadonlySet<string>, reserved: ReadonlySet<string>): Used {
  const known = [...folded.values()].filter(({ command }) => command !== null);
  const open = known.filter(({ phase }) => phase === 'open').map(({ callId }) => callId);
  const live = known.filter(({ phase, callId }) => phase === 'created' && !ended.has(callId)).map(({ callId }) => callId);
  const counted = known.flatMap(({ attempts }) => attempts).filter(({ state }) => ['open', 'created', 'unknown'].includes(state));
  return {
    live: new Set([...open, ...live, ...reserved]).size,
    dialling: new Set([...open, ...reserved]).size,
    months: MONTHS.map((ms) => counted.filter(({ intendedAtMs }) => sameMonth(intendedAtMs, ms)).length),
  };
}

function sameMonth(a: number, b: number): boolean {
  return new Date(a).getUTCMonth() === new Date(b).getUTCMonth();
}
