import type { Logger } from '@callbus/chassis';
import type { ReceiverMetrics } from './receiver-metrics.js';
import { REFUSALS, type Refusal, type RefusalCode } from './refusals.js';

const QUIET_MS = 1_000;

interface Kind {
  /** Since the start. */
  count: number;
  unsaid: Refusal | null;
  isQuiet: boolean;
}

/**
 * Counts what is refused, by code. Says the first of a kind at once and then at most one a second with the count so far, so
 * that a flood of requests is no flood of lines.
 */
export class RefusalLog {
  private readonly kinds = new Map<RefusalCode, Kind>();

  constructor(
    private readonly logger: Pick<Logger, 'info' | 'error'>,
    private readonly metrics: Pick<ReceiverMetrics, 'callback'>,
  ) {}

  note(refusal: Refusal): void {
    const kind = this.kinds.get(refusal.code) ?? { count: 0, unsaid: null, isQuiet: false };
    this.kinds.set(refusal.code, kind);
    kind.count += 1;
    this.metrics.callback(refusal.code);
    kind.unsaid = refusal;
    if (!kind.isQuiet) this.say(kind);
  }

  private say(kind: Kind): void {
    const { unsaid: refusal, count } = kind;
    kind.isQuiet = refusal !== null;
    if (refusal === null) return;
    kind.unsaid = null;
    const { code, status, why, cause } = refusal;
    const fields = { code, status, count, why, ...(status >= 500 && cause !== undefined && { err: cause }) };
    this.logger[status >= 500 ? 'error' : 'info'](fields, REFUSALS[code].meaning);
    setTimeout(() => {
      this.say(kind);
    }, QUIET_MS).unref();
  }
}
