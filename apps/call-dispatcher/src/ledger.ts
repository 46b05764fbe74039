import type { Logger } from '@callbus/chassis';
import {
  ContractError,
  decodeLedgerRecord,
  encodeLedgerRecord,
  LEDGER_MEMORY_MS,
  reduce,
  topicName,
  TOPICS,
  type Dispatch,
  type LedgerRecord,
  type Observation,
  type Transition,
} from '@callbus/contracts';
import {
  KafkaError,
  traceparentOf,
  type KafkaClient,
  type ReceivedRecord,
  type RecordSender,
  type TopicFollower,
} from '@callbus/kafka';
import type { BrokerClock } from './broker-clock.js';
import { KeptDispatches } from './kept-dispatches.js';
import { observationsOf } from './observations-of.js';
import type { TenantTally } from './tenant-tally.js';

/** The ledger has one partition, so one order. */
const PARTITION = 0;

/** By how much the clocks of the brokers of two topics differ at most: the same as a ledger has to outlive its commands by. */
const CLOCKS_DIFFER_MS = 24 * 60 * 60 * 1_000;

export interface LedgerOptions {
  readonly client: Pick<KafkaClient, 'follow'>;
  readonly sender: RecordSender;
  readonly topicPrefix: string;
  readonly clock: BrokerClock;
  readonly logger: Logger;
  /** The first offset whose observations may still have to be sent. */
  readonly reportFrom: bigint;
  readonly onFatal: (error: unknown) => void;
}

export type LedgerListener = (dispatch: Dispatch, transition: Transition, before: Dispatch | undefined) => void;

/**
 * This process's fold of the whole ledger. It appends proposals and reads them back; what took effect is only ever seen
 * in the fold, which is the same in every process.
 */
export class Ledger {
  private readonly calls = new KeptDispatches((dispatch) => {
    for (const listener of this.listenersOfForgotten) listener(dispatch);
  });
  private readonly reports = new Map<bigint, readonly Observation[]>();
  private readonly listeners = new Set<LedgerListener>();
  private readonly listenersOfForgotten = new Set<(dispatch: Dispatch) => void>();
  private reportFrom: bigint;
  private readonly topic: string;
  private follower: TopicFollower | undefined;
  private oldest: Pick<ReceivedRecord, 'offset' | 'timestampMs'> | undefined;
  private forgottenBeforeMs = -Infinity;

  private constructor(private readonly options: LedgerOptions) {
    this.topic = topicName(options.topicPrefix, TOPICS.dispatchLedger);
    this.reportFrom = options.reportFrom;
  }

  /** Resolves when all that is in the ledger now has been folded. */
  static async open(options: LedgerOptions): Promise<Ledger> {
    const ledger = new Ledger(options);
    ledger.follower = await options.client.follow({
      topic: ledger.topic,
      onRecord: (record) => {
        ledger.fold(record);
      },
      onFatal: options.onFatal,
    });
    await ledger.follower.caughtUp();
    if (ledger.oldest !== undefined && ledger.oldest.offset > 0n) ledger.forgottenBeforeMs = ledger.oldest.timestampMs;
    return ledger;
  }

  get(callId: string): Dispatch | undefined {
    return this.calls.get(callId, this.options.clock.nowMs());
  }

  /**
   * Whether the ledger may have known the call of a command that came at this time, ms since 1970, and does so no longer.
   * Nobody can say so of a ledger of which nothing at all was kept when this process began.
   */
  mayHaveForgotten(callId: string, arrivedAtMs: number): boolean {
    const outlivedBeforeMs = this.options.clock.nowMs() - LEDGER_MEMORY_MS + CLOCKS_DIFFER_MS;
    return this.get(callId)?.command == null && arrivedAtMs < Math.max(this.forgottenBeforeMs, outlivedBeforeMs);
  }

  all(): IterableIterator<Dispatch> {
    return this.calls.all();
  }

  /** Bytes of each tenant's calls that can be dialled. */
  get waitingBytes(): TenantTally {
    return this.calls.waiting;
  }

  /** How many ends of calls that nobody knows each tenant has asked for. */
  get announcedEnds(): TenantTally {
    return this.calls.announced;
  }

  /** The trace that the call's command is in; in the log, so that it goes on in another process too. */
  traceOf(callId: string): string | undefined {
    return this.calls.traceOf(callId);
  }

  /** Called after every record that changed a call. */
  onChange(listener: LedgerListener): void {
    this.listeners.add(listener);
  }

  /** Called with every call that is forgotten, since the ledger does not keep it either. */
  onForgotten(listener: (dispatch: Dispatch) => void): void {
    this.listenersOfForgotten.add(listener);
  }

  /**
   * Appends proposals about one call, next to each other, and reads them back.
   * @returns the call as the ledger has it afterwards
   * @throws KafkaError: whether they were appended is not known; INVARIANT: this is not the ledger that was folded
   */
  async append(callId: string, records: readonly LedgerRecord[]): Promise<Dispatch | undefined> {
    const readBefore = this.follower?.position(PARTITION) ?? 0n;
    const sent = await this.options.sender.send(
      records.map((record) => ({ topic: this.topic, partition: PARTITION, key: callId, value: encodeLedgerRecord(record) })),
    );
    const last = sent.at(-1);
    if (last === undefined) return this.get(callId);
    if (last.offset < readBefore) {
      const detail = `${this.topic} was read up to offset ${String(readBefore)} and put a record at ${String(last.offset)}: it was made anew.`;
      throw new KafkaError('INVARIANT', detail);
    }
    await this.follower?.reached(PARTITION, last.offset);
    return this.get(callId);
  }

  /**
   * What the record at this offset, once folded, has to tell the history.
   * @throws KafkaError INVARIANT when that was forgotten: somebody set the relay's offsets back
   */
  async reportAt(offset: bigint): Promise<readonly Observation[]> {
    await this.follower?.reached(PARTITION, offset);
    if (offset < this.reportFrom) {
      const detail = `${this.topic} is to be reported from offset ${String(offset)}, which was reported before this process began.`;
      throw new KafkaError('INVARIANT', detail);
    }
    return this.reports.get(offset) ?? [];
  }

  /** What lies before the offset was reported and is kept no longer. */
  reportedBefore(offset: bigint): void {
    for (const known of this.reports.keys()) if (known < offset) this.reports.delete(known);
    if (offset > this.reportFrom) this.reportFrom = offset;
  }

  /** Records that are not folded yet. */
  lag(): number {
    return this.follower?.lag() ?? 0;
  }

  async close(): Promise<void> {
    await this.follower?.stop();
  }

  private fold(received: ReceivedRecord): void {
    const { offset, timestampMs, value } = received;
    this.options.clock.observe(timestampMs);
    this.oldest ??= { offset, timestampMs };
    let record: LedgerRecord;
    try {
      record = decodeLedgerRecord(value);
    } catch (error) {
      if (!(error instanceof ContractError) || error.code === 'UNKNOWN_VERSION') throw error;
      this.options.logger.error(
        { err: error, offset: String(offset) },
        'a record of the ledger is unreadable and takes no effect',
      );
      return;
    }
    this.calls.forgetOutlived(timestampMs);
    const before = this.calls.get(record.callId, timestampMs);
    if (before === undefined) this.calls.forget(record.callId);
    const { dispatch, transition } = reduce(before, record, timestampMs);
    if (dispatch === undefined || dispatch === before) return;
    const kept = this.calls.put(dispatch, timestampMs, traceparentOf(received));
    if (transition === null) return;
    if (offset >= this.reportFrom) {
      const observations = observationsOf(before, dispatch, transition, { offset, appendedAtMs: timestampMs });
      if (observations.length > 0) this.reports.set(offset, observations);
    }
    for (const listener of this.listeners) listener(kept, transition, before);
  }
}
