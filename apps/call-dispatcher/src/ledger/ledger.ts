import type { Logger } from '@callbus/chassis';
import {
  afterLostRecords,
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
  type Repair,
  type Transition,
} from '@callbus/contracts';
import {
  DamagedRecords,
  KafkaError,
  traceparentOf,
  type Condition,
  type KafkaClient,
  type ReadProgress,
  type ReceivedRecord,
  type RecordSender,
  type TopicFollower,
  type UnreadableBatch,
} from '@callbus/kafka';
import type { BrokerClock } from './broker-clock.js';
import { KeptDispatches } from './kept-dispatches.js';
import { observationsOf } from '../relay/observations-of.js';
import type { TenantTally } from './tenant-tally.js';

/** The ledger has one partition, so one order. */
export const LEDGER_PARTITION = 0;

/** Largest difference between two brokers' clocks; also the time by which the ledger's retention must exceed the commands'. */
const CLOCKS_DIFFER_MS = 24 * 60 * 60 * 1_000;

export interface LedgerOptions {
  readonly client: Pick<KafkaClient, 'follow'>;
  readonly sender: RecordSender;
  readonly topicPrefix: string;
  readonly clock: BrokerClock;
  readonly logger: Logger;
  /** The first offset whose observations may still have to be sent. */
  readonly reportFrom: bigint;
  /** Asks Kafka for the relay group's committed offset: some dispatcher has reported every record before it. */
  readonly relayPosition: () => Promise<bigint>;
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
  private foldedUntilMs = -Infinity;
  private forgottenBeforeMs = -Infinity;
  private lostRecords = 0;
  private readonly damaged = new DamagedRecords();

  private constructor(private readonly options: LedgerOptions) {
    this.topic = topicName(options.topicPrefix, TOPICS.dispatchLedger);
    this.reportFrom = options.reportFrom;
  }

  /** Resolves when all that is in the ledger now has been folded. */
  static async open(options: LedgerOptions): Promise<Ledger> {
    const ledger = await Ledger.follow(options);
    await ledger.caughtUp();
    return ledger;
  }

  /** Begins to fold; callers must not rely on its content before `caughtUp` resolves. */
  static async follow(options: LedgerOptions): Promise<Ledger> {
    const ledger = new Ledger(options);
    ledger.follower = await options.client.follow({
      topic: ledger.topic,
      isRestore: true,
      onRecord: (record) => {
        ledger.fold(record);
      },
      onPassedOver: (batch, repair) => {
        ledger.passOver(batch, repair);
      },
      onFatal: options.onFatal,
    });
    return ledger;
  }

  /** Resolves when all that is in the ledger now has been folded. @throws KafkaError FOLLOWER_LATE when it stands still */
  async caughtUp(): Promise<void> {
    await this.follower?.caughtUp();
    if (this.oldest !== undefined && this.oldest.offset > 0n) this.mayForgetBefore(this.oldest.timestampMs);
  }

  progress(): ReadProgress {
    return this.follower?.progress() ?? { read: 0, of: 0 };
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

  /** True when the fold passed over unreadable records. Their facts about a call may still be in its history. */
  get hasLostRecords(): boolean {
    return this.lostRecords > 0;
  }

  /** Names the ledger's damaged records, which take no effect. */
  condition(): Condition {
    return this.damaged.condition();
  }

  all(): IterableIterator<Dispatch> {
    return this.calls.all();
  }

  /** Bytes of each tenant's calls that wait for an attempt or are being dialled. */
  get waitingBytes(): TenantTally {
    return this.calls.waiting;
  }

  /** Bytes of each tenant's calls whose outcome is unknown, and which may be dialled again. */
  get unknownBytes(): TenantTally {
    return this.calls.unknown;
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

  /** Calls the listener with every call that the fold forgets because the ledger no longer keeps it. */
  onForgotten(listener: (dispatch: Dispatch) => void): void {
    this.listenersOfForgotten.add(listener);
  }

  /**
   * Appends proposals about one call, next to each other, and reads them back.
   * @returns the call as the ledger has it afterwards
   * @throws KafkaError: whether they were appended is not known; INVARIANT: this is not the ledger that was folded
   */
  async append(callId: string, records: readonly LedgerRecord[]): Promise<Dispatch | undefined> {
    const readBefore = this.follower?.position(LEDGER_PARTITION) ?? 0n;
    const sent = await this.options.sender.send(
      records.map((record) => ({
        topic: this.topic,
        partition: LEDGER_PARTITION,
        key: callId,
        value: encodeLedgerRecord(record),
      })),
    );
    const last = sent.at(-1);
    if (last === undefined) return this.get(callId);
    if (last.offset < readBefore) {
      const detail = `${this.topic} was read up to offset ${String(readBefore)} and put a record at ${String(last.offset)}: it was made anew.`;
      throw new KafkaError('INVARIANT', detail);
    }
    await this.follower?.reached(LEDGER_PARTITION, last.offset);
    return this.get(callId);
  }

  /**
   * Waits until the record at this offset is folded and returns its observations; none when another process has sent them,
   * which happens when this process was paused with a batch that the other one then reported and committed.
   * @throws KafkaError INVARIANT when somebody set the relay's offsets back: the observations are due again, but this process
   * has forgotten them and recomputes them after a restart; FOLLOWER_LATE when Kafka does not answer
   */
  async reportAt(offset: bigint): Promise<readonly Observation[]> {
    await this.follower?.reached(LEDGER_PARTITION, offset);
    if (offset >= this.reportFrom) return this.reports.get(offset) ?? [];
    const position = await this.options.relayPosition().catch((error: unknown) => {
      throw new KafkaError('FOLLOWER_LATE', `Kafka did not return the relay’s committed offset of ${this.topic}.`, {
        cause: error,
      });
    });
    if (offset < position) return [];
    const detail = `Somebody set the relay’s group back to offset ${String(position)} of ${this.topic}, before records that it had reported. This process ends; its next start reports again from that offset.`;
    throw new KafkaError('INVARIANT', detail);
  }

  /** Forgets the reports that the relay's group has committed. @throws what Kafka's client throws */
  async forgetReported(): Promise<void> {
    const position = await this.options.relayPosition();
    for (const offset of this.reports.keys()) if (offset < position) this.reports.delete(offset);
    if (position > this.reportFrom) this.reportFrom = position;
  }

  /** Records that are not folded yet. */
  lag(): number {
    return this.follower?.lag() ?? 0;
  }

  async stop(): Promise<void> {
    await this.follower?.stop();
  }

  private fold(received: ReceivedRecord): void {
    const { offset, timestampMs, value } = received;
    this.options.clock.observe(timestampMs);
    this.foldedUntilMs = Math.max(this.foldedUntilMs, timestampMs);
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

  /**
   * An operator ordered to pass over the batch. To be safe against a second dial, each waiting call counts as possibly dialled,
   * and each unknown command that arrived before the batch counts as possibly accepted.
   */
  private passOver({ timestampMs: writtenThereMs, firstOffset, lastOffset }: UnreadableBatch, repair: Repair | null): void {
    // The time in a batch whose checksum is wrong may be any. One before what was folded, or after the order, is none of its own:
    // then all counts as old that came before the order.
    const orderedAtMs = repair === null ? writtenThereMs : Math.max(Date.parse(repair.time), this.foldedUntilMs);
    const isLikely = writtenThereMs >= this.foldedUntilMs && writtenThereMs <= orderedAtMs;
    const timestampMs = isLikely ? writtenThereMs : orderedAtMs;
    this.options.clock.observe(timestampMs);
    this.lostRecords += Number(lastOffset - firstOffset) + 1;
    this.mayForgetBefore(timestampMs + 1);
    for (const before of [...this.calls.all()]) {
      const dispatch = afterLostRecords(before, timestampMs);
      if (dispatch === before) continue;
      const kept = this.calls.put(dispatch, timestampMs, undefined);
      for (const listener of this.listeners) listener(kept, { kind: 'intended' }, before);
    }
  }

  private mayForgetBefore(timeMs: number): void {
    this.forgottenBeforeMs = Math.max(this.forgottenBeforeMs, timeMs);
  }
}
