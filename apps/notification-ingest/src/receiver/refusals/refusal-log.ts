import type { Logger } from '@callbus/chassis';
import type { CallbackAddress } from '@callbus/contracts';
import type { ReceiverMetrics } from '../receiver-metrics.js';
import { REFUSALS, type Refusal, type RefusalCode } from './refusals.js';

const QUIET_MS = 1_000;
/** Calls that one line names beside its own. */
const MAX_OTHERS = 50;

/** The call and attempt of the refused callback's address; null when callbus did not issue the address. */
type Addressee = Pick<CallbackAddress, 'callId' | 'attempt'> | null;

interface Kind {
  /** Since the start. */
  count: number;
  unsaid: { readonly refusal: Refusal; readonly addressee: Addressee } | null;
  /** Calls whose callbacks were refused since the last line, as callId/attempt. */
  readonly others: Set<string>;
  isQuiet: boolean;
}

/**
 * Counts what is refused, by code. Says the first of a kind at once and then at most one a second with the count so far, so
 * that a flood of requests is no flood of lines. A line names the calls whose callbacks were refused: each may have lost news.
 */
export class RefusalLog {
  private readonly kinds = new Map<RefusalCode, Kind>();

  constructor(
    private readonly logger: Pick<Logger, 'info' | 'error'>,
    private readonly metrics: Pick<ReceiverMetrics, 'callback'>,
  ) {}

  note(refusal: Refusal, addressee: Addressee = null): void {
    const kind = this.kinds.get(refusal.code) ?? { count: 0, unsaid: null, others: new Set(), isQuiet: false };
    this.kinds.set(refusal.code, kind);
    kind.count += 1;
    this.metrics.callback(refusal.code);
    kind.unsaid = { refusal, addressee };
    if (addressee !== null && kind.others.size <= MAX_OTHERS) kind.others.add(nameOf(addressee));
    if (!kind.isQuiet) this.say(kind);
  }

  private say(kind: Kind): void {
    const { unsaid, count } = kind;
    kind.isQuiet = unsaid !== null;
    if (unsaid === null) return;
    kind.unsaid = null;
    const { refusal, addressee } = unsaid;
    const { code, status, why, cause } = refusal;
    const fields = {
      code,
      status,
      count,
      why,
      ...(addressee !== null && { callId: addressee.callId, attempt: addressee.attempt }),
      ...othersOf(kind, addressee),
      ...(status >= 500 && cause !== undefined && { err: cause }),
    };
    kind.others.clear();
    this.logger[status >= 500 ? 'error' : 'info'](fields, REFUSALS[code].meaning);
    setTimeout(() => {
      this.say(kind);
    }, QUIET_MS).unref();
  }
}

function othersOf({ others }: Kind, addressee: Addressee): { others?: string[] } {
  if (addressee !== null) others.delete(nameOf(addressee));
  return others.size === 0 ? {} : { others: [...others].slice(0, MAX_OTHERS) };
}

function nameOf({ callId, attempt }: NonNullable<Addressee>): string {
  return `${callId}/${String(attempt)}`;
}
