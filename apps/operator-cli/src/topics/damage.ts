import {
  ContractError,
  decodeSnapshot,
  isCallId,
  partitionOf,
  TOPICS,
  type RecordRange,
  type Repair,
  type TopicSpec,
} from '@callbus/contracts';
import { type ReceivedRecord, type UnreadableBatch } from '@callbus/kafka';
import type { Installation } from '../installation/installation.js';
import { LedgerCalls, type DamagedLedgerRecord } from './ledger-calls.js';

/** An unreadable batch or a damaged record, and the possible repair. */
export interface Damage extends RecordRange {
  readonly reason: string;
  /** The effect of `callbus topics repair --apply`, or the reason why it has none. */
  readonly mend: string;
  /** The order that `--apply` writes; null: none. */
  readonly order: Pick<Repair, 'lost'> | null;
  /** Calls that are affected, as far as the other records tell. */
  readonly lost: readonly string[];
  /** An operator has ordered it before. */
  readonly isOrdered: boolean;
}

type Survey = ReadonlyMap<TopicSpec, readonly UnreadableBatch[]>;

/** Consequence of passing over a batch, per topic. */
const AFTER_PASSING: Readonly<Record<keyof typeof TOPICS, string>> = {
  commands: 'its bytes go to the dead letters of the commands; the dispatcher continues after it',
  operatorCommands: 'its bytes go to the dead letters of the commands; the dispatcher continues after it',
  observations:
    'its bytes go to the dead letters of the observations; the sequencer continues after it. A callback in it that proved an attempt is lost: a call with «ifUnknown: redial» may then ring a second time',
  dispatchLedger:
    'calls that waited at that point count as possibly dialled and are not dialled automatically; unknown commands that came before it are put aside as TOO_OLD',
  events: 'subscribers continue after it and are told of a gap',
  snapshots: 'its followers continue after it',
  commandsDeadLetter: 'it is left out of the lists',
  observationsDeadLetter: 'it is left out of the lists',
  repairs: 'nothing can be ordered about the orders themselves',
};

/** Reads every topic whole. */
export async function findDamage(installation: Installation): Promise<readonly Damage[]> {
  const found: Damage[] = [];
  const known = new Set<string>();
  const sequences = new Map<string, number>();
  const snapshots = new SnapshotRecords(installation.partitions);
  const ledger = new LedgerCalls();
  const unreadable = new Map<TopicSpec, UnreadableBatch[]>();
  const topics = Object.values<TopicSpec>(TOPICS);
  const described = await installation.client.admin().describeTopics(topics.map((topic) => installation.nameOf(topic)));
  const there = new Set(described.map(({ topic }) => topic));
  for (const topic of topics.filter((one) => there.has(installation.nameOf(one)))) {
    const batches: UnreadableBatch[] = [];
    unreadable.set(topic, batches);
    const take = (record: ReceivedRecord): void => {
      if (topic === TOPICS.snapshots) snapshots.take(record);
      if (topic === TOPICS.events || topic === TOPICS.dispatchLedger) known.add(String(record.key));
      if (topic === TOPICS.events) sequences.set(String(record.key), sequenceOf(record));
      if (topic === TOPICS.dispatchLedger) ledger.take(record);
    };
    await installation.read(topic, take, undefined, (batch) => batches.push(batch));
  }
  for (const [name, topic] of Object.entries(TOPICS) as [keyof typeof TOPICS, TopicSpec][]) {
    for (const batch of (unreadable as Survey).get(topic) ?? []) {
      const { lost, consequence } = lossOf(topic, batch, { snapshots, ledger, sequences });
      const order = topic === TOPICS.repairs ? null : { ...(topic === TOPICS.snapshots && { lost }) };
      found.push({ ...batch, mend: `${AFTER_PASSING[name]}${consequence}`, order, lost, isOrdered: false });
    }
  }
  for (const record of ledger.damaged()) {
    const lost = ledger.lostBy(record);
    const damage = { ...rangeOf(record), reason: record.reason, order: null, lost, isOrdered: false };
    found.push({ ...damage, mend: `${ledgerMendOf(record)}${ofLostCalls(lost)}` });
  }
  for (const record of snapshots.damaged()) {
    const isKnown = known.has(String(record.key));
    found.push({ ...rangeOf(record), reason: record.reason, ...mendOf(record, isKnown), lost: [], isOrdered: false });
  }
  return Promise.all(
    found.map(async (one) => {
      if (one.order === null || (await installation.client.repairOf(one)) === null) return one;
      return { ...one, order: null, isOrdered: true, mend: `ordered already: ${one.mend}` };
    }),
  );
}

function mendOf({ isReadableBefore }: DamagedSnapshot, isKnown: boolean): Pick<Damage, 'mend' | 'order'> {
  if (isReadableBefore)
    return {
      mend: 'the snapshot before it counts; the sequencer writes it again within SNAPSHOT_UPKEEP_INTERVAL_MS',
      order: null,
    };
  if (!isKnown) return { mend: 'no call has this key: the sequencer writes a tombstone for it', order: {} };
  const mend =
    'this call’s state is lost: the sequencer puts its observations aside as SNAPSHOT_UNREADABLE, and the dispatcher does not dial it again automatically; end it in Graph if it still lives';
  return { mend, order: null };
}

/** Every process folds the ledger without such a record. */
function ledgerMendOf({ reason }: DamagedLedgerRecord): string {
  if (reason === 'UNKNOWN_VERSION') return 'a newer release wrote it: upgrade the dispatchers';
  return 'it takes no effect in any process; Kafka deletes it at the end of the retention';
}

interface Records {
  readonly snapshots: SnapshotRecords;
  readonly ledger: LedgerCalls;
  /** Sequence of the last event of each call. */
  readonly sequences: ReadonlyMap<string, number>;
}

/** The calls that lose something by an unreadable batch, and what that is, in words. */
function lossOf(topic: TopicSpec, { partition, lastOffset }: UnreadableBatch, { snapshots, ledger, sequences }: Records) {
  if (topic === TOPICS.snapshots) {
    const lost = snapshots.lostIn(partition, sequences);
    return { lost, consequence: `; the calls whose state is lost: ${lost.length === 0 ? 'none' : lost.join(', ')}` };
  }
  const lost = topic === TOPICS.dispatchLedger ? ledger.lostIn(lastOffset, sequences.keys()) : [];
  return { lost, consequence: ofLostCalls(lost) };
}

function ofLostCalls(lost: readonly string[]): string {
  if (lost.length === 0) return '';
  return `; calls that the ledger does not know without it, so that no dispatcher looks after them: ${lost.join(', ')}; end them in Graph if they still live`;
}

interface DamagedSnapshot extends ReceivedRecord {
  readonly reason: string;
  readonly isReadableBefore: boolean;
}

/** The last record of each key, and the sequence of its last readable snapshot. */
class SnapshotRecords {
  private readonly sequences = new Map<string, number>();
  private readonly bad = new Map<string, DamagedSnapshot>();

  constructor(private readonly partitions: number) {}

  take(record: ReceivedRecord): void {
    const { key, value, partition } = record;
    const callId = String(key);
    const isInPlace = isCallId(callId) && partition === partitionOf(callId, this.partitions);
    const name = `${partition}/${callId}`;
    this.bad.delete(name);
    if (value === null) {
      if (isInPlace) this.sequences.delete(callId);
      return;
    }
    const reason = isInPlace ? reasonOf(callId, value, this.sequences) : 'its key belongs elsewhere';
    if (reason !== null) this.bad.set(name, { ...record, reason, isReadableBefore: isInPlace && this.sequences.has(callId) });
  }

  damaged(): readonly DamagedSnapshot[] {
    return [...this.bad.values()];
  }

  /** The partition's calls whose events are newer than their last readable snapshot. */
  lostIn(partition: number, sequences: ReadonlyMap<string, number>): string[] {
    return [...sequences]
      .filter(([callId]) => partitionOf(callId, this.partitions) === partition)
      .filter(([callId, sequence]) => sequence > (this.sequences.get(callId) ?? 0))
      .map(([callId]) => callId);
  }
}

/** @returns what is wrong with the snapshot; null when it is fine, and its sequence is then recorded */
function reasonOf(callId: string, value: Buffer, sequences: Map<string, number>): string | null {
  try {
    const snapshot = decodeSnapshot(value);
    if (snapshot.callId !== callId) return 'KEY_MISMATCH';
    sequences.set(callId, Math.max(snapshot.sequence, sequences.get(callId) ?? 0));
    return null;
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    return error.code;
  }
}

function sequenceOf({ headers }: ReceivedRecord): number {
  return Number(headers['ce_sequence'] ?? 0);
}

function rangeOf({ topic, partition, offset }: ReceivedRecord): RecordRange {
  return { topic, partition, firstOffset: offset, lastOffset: offset };
}
