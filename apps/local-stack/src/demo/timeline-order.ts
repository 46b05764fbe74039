import type { TimelineRecord } from '@callbus/contracts';

/** Of one instant, causes come first. */
const TOPIC_ORDER = ['commands', 'dispatch-ledger', 'observations', 'events'];
/** How long a record is held back for those of other topics that were written before it and are read later, milliseconds. */
const HOLD_MS = 400;

/** Puts the records of several topics, which are read independently, into the order of their timestamps. */
export class TimelineOrder {
  private held: { readonly record: TimelineRecord; readonly readMs: number }[] = [];

  /** @param nowMs of a monotonic clock */
  add(record: TimelineRecord, nowMs: number): void {
    this.held.push({ record, readMs: nowMs });
  }

  /** What need not be held back any longer, in order; all of it when `isLast`. */
  take(nowMs: number, isLast = false): readonly TimelineRecord[] {
    const due = this.held.filter(({ readMs }) => isLast || nowMs - readMs >= HOLD_MS);
    // Whatever is older than a record that is shown must be shown before it.
    const newestMs = Math.max(...due.map(({ record }) => record.timestampMs));
    const shown = this.held.filter(({ record }) => record.timestampMs <= newestMs);
    this.held = this.held.filter((entry) => !shown.includes(entry));
    return shown.map(({ record }) => record).toSorted(byTime);
  }
}

function byTime(a: TimelineRecord, b: TimelineRecord): number {
  return a.timestampMs - b.timestampMs || TOPIC_ORDER.indexOf(a.topic) - TOPIC_ORDER.indexOf(b.topic);
}
