import { failed, ok, type Finding } from './finding.js';

/** Milliseconds since 1970, both ends included. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What another clock showed, and between which moments of ours it did. */
export interface ClockReading {
  readonly whose: string;
  readonly theirs: Span;
  readonly ours: Span;
}

/** A `Date` header has whole seconds. */
export function spanOfDate(date: string): Span | null {
  const fromMs = Date.parse(date);
  return Number.isNaN(fromMs) ? null : { fromMs, toMs: fromMs + 999 };
}

/** How far our clock is ahead of theirs for certain, milliseconds; negative when it is behind, 0 when they may agree. */
export function aheadMs({ theirs, ours }: Pick<ClockReading, 'theirs' | 'ours'>): number {
  if (ours.fromMs > theirs.toMs) return ours.fromMs - theirs.toMs;
  return ours.toMs < theirs.fromMs ? ours.toMs - theirs.fromMs : 0;
}

export function clockFinding(reading: ClockReading, maxSkewMs: number): Finding {
  const check = `clock of ${reading.whose}`;
  const ahead = aheadMs(reading);
  const seconds = (Math.abs(ahead) / 1_000).toFixed(1);
  if (ahead === 0) return ok(check, 'agrees with this machine’s');
  const found = `this machine’s clock is ${seconds} s ${ahead > 0 ? 'ahead of' : 'behind'} it`;
  if (Math.abs(ahead) <= maxSkewMs) return ok(check, found);
  return failed(check, found, 'Set both by NTP. If all the others agree, it is this machine’s that is wrong.');
}
