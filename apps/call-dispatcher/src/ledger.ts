import type { Logger } from '@callbus/chassis';
import {
  afterLostRecords,
  ContractError,
  decodeLedgerRecord,
  encodeLedgerRecord,
  reduce,
  topicName,
  TOPICS,
  type Dispatch,
  type LedgerRecord,
  type Observation,
  type Transition,
} from '@callbus/contracts';
import {
  DamagedRecords,
  KafkaError,
  traceparentOf,
  type Condition,
  type KafkaClient,
  type ReceivedRecord,
  type RecordSender,
  type TopicFollower,
  type UnreadableBatch,
} from '@callbus/kafka';
import type { BrokerClock } from './broker-clock.js';
import { observationsOf } from './observations-of.js';

/** The ledger has one partition, so one order. */
const PARTITION = 0;

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
  private readonly dispatches = new Map<string, Dispatch>();
  private readonly traces = new Map<string, string>();
  private readonly reports = new Map<bigint, readonly Observation[]>();
  private readonly listeners = new Set<LedgerListener>();
  private reportFrom: bigint;
  private readonly topic: string;
  private follower: TopicFollower | undefined;
  private oldest: Pick<ReceivedRecord, 'offset' | 'timestampMs'> | undefined;
  private forgottenBeforeMs = -Infinity;
  private lostRecords = 0;
  private readonly damaged = new DamagedRecords();

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
      onPassedOver: (batch) => {
        ledger.passOver(batch);
      },
      onFatal: options.onFatal,
    });
    await ledger.follower.caughtUp();
    if (ledger.oldest !== undefined && ledger.oldest.offset > 0n) ledger.mayForgetBefore(ledger.oldest.timestampMs);
    return ledger;
  }

  get(callId: string): Dispatch | undefined {
    return this.dispatches.get(callId);
  }

  /**
   * Whether the ledger may have known the call of a command that came at this time, ms since 1970, and does so no longer.
   * Nobody can say so of a ledger of which nothing at all was kept when this process began.
   */
  mayHaveForgotten(callId: string, arrivedAtMs: number): boolean {
    return this.get(callId)?.command == null && arrivedAtMs < this.forgottenBeforeMs;
  }

  /** Whether records were passed over that nobody can read: what they said of a call, its history may still tell. */
  get hasLostRecords(): boolean {
    return this.lostRecords > 0;
  }

  /** Names what of the ledger takes no effect since nobody can make anything of it. */
  condition(): Condition {
    return this.damaged.condition();
  }

  all(): IterableIterator<Dispatch> {
    return this.dispatches.values();
  }

  /** The trace that the call's command is in; in the log, so that it goes on in another process too. */
  traceOf(callId: string): string | undefined {
    return this.traces.get(callId);
  }

  /** Called after every record that changed a call. */
  onChange(listener: LedgerListener): void {
    this.listeners.add(listener);
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
      this.damaged.put({ ...received, key: Buffer.from(String(offset)), reason: error.code });
      this.options.logger.error(
        { err: error, offset: String(offset) },
        'a record of the ledger is unreadable and takes no effect',
      );
      return;
    }
    const before = this.dispatches.get(record.callId);
    const { dispatch, transition } = reduce(before, record, timestampMs);
    if (dispatch === undefined || dispatch === before) return;
    this.dispatches.set(dispatch.callId, dispatch);
    const traceparent = traceparentOf(received);
    if (before?.command == null && traceparent !== undefined) this.traces.set(dispatch.callId, traceparent);
    if (transition === null) return;
    if (offset >= this.reportFrom) {
      const observations = observationsOf(before, dispatch, transition, { offset, appendedAtMs: timestampMs });
      if (observations.length > 0) this.reports.set(offset, observations);
    }
    for (const listener of this.listeners) listener(dispatch, transition, before);
  }

  /**
   * As an operator ordered. Whatever they were, nobody dials again for it: a call that waited may have been dialled, and a
   * command that came before may have been accepted.
   */
  private passOver({ timestampMs, firstOffset, lastOffset }: UnreadableBatch): void {
    this.options.clock.observe(timestampMs);
    this.lostRecords += Number(lastOffset - firstOffset) + 1;
    this.mayForgetBefore(timestampMs + 1);
    for (const before of this.dispatches.values()) {
      const dispatch = afterLostRecords(before, timestampMs);
      if (dispatch === before) continue;
      this.dispatches.set(dispatch.callId, dispatch);
      for (const listener of this.listeners) listener(dispatch, { kind: 'intended' }, before);
    }
  }

  private mayForgetBefore(timeMs: number): void {
    this.forgottenBeforeMs = Math.max(this.forgottenBeforeMs, timeMs);
  }
}
