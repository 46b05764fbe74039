import { recordWords, TOPICS } from '@callbus/contracts';
import { timeOf } from '../screen/table.js';
import type { CallFacts, HistoryEvent, LedgerEntry } from './call-facts.js';

/** One line of a call's timeline. */
export interface TimelineRow {
  /** ISO 8601: the broker's for the ledger; for an event, when what it tells of was received. */
  readonly time: string;
  readonly topic: 'ledger' | 'events';
  readonly type: string;
  readonly detail: string;
}

/** The ledger's records and the history's events by time, each of the two in its own order whatever its clock says. */
export function timelineOf({ ledger, events }: Pick<CallFacts, 'ledger' | 'events'>): TimelineRow[] {
  const rows: TimelineRow[] = [];
  const [left, right] = [ledger.map(ledgerRow), events.map(eventRow)];
  for (;;) {
    const [first, second] = [left[0], right[0]];
    if (first === undefined || second === undefined) return [...rows, ...left, ...right];
    // Of one instant, the ledger comes first: its records are what the events tell of.
    rows.push(first.time <= second.time ? first : second);
    (first.time <= second.time ? left : right).shift();
  }
}

function ledgerRow({ record, appendedAtMs, transition }: LedgerEntry): TimelineRow {
  const { type } = record;
  const words = recordWords({ topic: TOPICS.dispatchLedger.name, type, data: { ...record } });
  const detail = transition === null ? [words, 'took no effect'].filter((part) => part !== '').join(', ') : words;
  return { time: timeOf(appendedAtMs), topic: 'ledger', type, detail };
}

function eventRow({ type, time, data }: HistoryEvent): TimelineRow {
  return { time, topic: 'events', type, detail: recordWords({ topic: TOPICS.events.name, type, data }) };
}
