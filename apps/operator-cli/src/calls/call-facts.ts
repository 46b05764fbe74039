import {
  ContractError,
  decodeCloudEvent,
  decodeLedgerRecord,
  isOutlived,
  reduce,
  type Dispatch,
  type LedgerRecord,
  type Snapshot,
  type Transition,
} from '@callbus/contracts';
import type { ReceivedRecord } from '@callbus/kafka';

/** One record of the ledger about the call. */
export interface LedgerEntry {
  readonly offset: bigint;
  readonly appendedAtMs: number;
  readonly record: LedgerRecord;
  /** Null: it took no effect. */
  readonly transition: Transition | null;
}

/** One event of the call's history. */
export interface HistoryEvent {
  readonly type: string;
  readonly sequence: number;
  readonly time: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** All that Kafka has of one call. The ledger says what became of it, the history what Graph tells of it. */
export class CallFacts {
  /** The call by the ledger's records. Kafka may still have these when the dispatchers have forgotten the call. */
  dispatch: Dispatch | undefined;
  /** The history's. */
  snapshot: Snapshot | undefined;
  readonly ledger: LedgerEntry[] = [];
  /** LogAppendTime of the last record that changed `dispatch`. */
  private changedAtMs = 0;
  readonly events: HistoryEvent[] = [];

  constructor(
    readonly callId: string,
    /** Milliseconds since 1970. */
    readonly readAtMs = Date.now(),
  ) {}

  /** Whether the dispatchers still know the call. */
  get isInLedger(): boolean {
    return this.dispatch !== undefined && !this.isOutlivedAt(this.readAtMs);
  }

  private isOutlivedAt(atMs: number): boolean {
    return this.dispatch !== undefined && isOutlived(this.dispatch, this.changedAtMs, atMs);
  }

  /** @throws ContractError UNKNOWN_VERSION: a newer release wrote it, so this one does not guess */
  takeLedger({ key, value, offset, timestampMs: appendedAtMs }: ReceivedRecord): void {
    if (key?.toString() !== this.callId) return;
    const record = readable(() => decodeLedgerRecord(value));
    if (record?.callId !== this.callId) return;
    const before = this.isOutlivedAt(appendedAtMs) ? undefined : this.dispatch;
    const { dispatch, transition } = reduce(before, record, appendedAtMs);
    if (dispatch !== before) this.changedAtMs = appendedAtMs;
    this.dispatch = dispatch;
    this.ledger.push({ offset, appendedAtMs, record, transition });
  }

  takeEvent({ key, value, headers }: ReceivedRecord): void {
    if (key?.toString() !== this.callId) return;
    const event = readable(() => decodeCloudEvent(value, headers));
    if (event === null) return;
    const { type, sequence = '', time = '', data } = event;
    // What is delivered again has the same number.
    if (Number(sequence) <= (this.events.at(-1)?.sequence ?? 0)) return;
    this.events.push({ type, sequence: Number(sequence), time, data: data as HistoryEvent['data'] });
  }
}

/** What a record says, or null: nobody can read it, so it has no effect. */
function readable<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ContractError) || error.code === 'UNKNOWN_VERSION') throw error;
    return null;
  }
}
