import {
  ContractError,
  decodeLedgerRecord,
  decodeSnapshot,
  isCallId,
  partitionOf,
  TOPICS,
  type RecordRange,
  type Repair,
  type TopicSpec,
} from '@callbus/contracts';
import { type ReceivedRecord, type UnreadableBatch } from '@callbus/kafka';
import type { Installation } from '../installation.js';

/** Records that nobody can read or make anything of, and what may be done about them. */
export interface Damage extends RecordRange {
  readonly reason: string;
  /** What `callbus topics repair --apply` does, or why it does nothing. */
  readonly mend: string;
  /** What it writes; null: nothing. */
  readonly order: Pick<Repair, 'lost'> | null;
  /** An operator has ordered it before. */
  readonly isOrdered: boolean;
}

type Survey = ReadonlyMap<TopicSpec, readonly UnreadableBatch[]>;

/** What follows where an operator orders to pass over a batch of this topic. */
const AFTER_PASSING: Readonly<Record<keyof typeof TOPICS, string>> = {
  commands: 'its bytes go to the dead letters of the commands; the dispatcher goes on behind it',
  operatorCommands: 'its bytes go to the dead letters of the commands; the dispatcher goes on behind it',
  observations:
    'its bytes go to the dead letters of the observations; the sequencer goes on behind it. A callback in it that proved an attempt is not counted: a call with «ifUnknown: redial» may then ring a second time',
  dispatchLedger:
    'no call that waited then is dialled by itself: it counts as perhaps dialled; commands that came before it and are not known are put aside as TOO_OLD',
  events: 'subscribers go on behind it and are told of a gap',
  snapshots: 'its followers go on behind it',
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
      if (topic === TOPICS.dispatchLedger) found.push(...ledgerDamage(record));
    };
    await installation.read(topic, take, undefined, (batch) => batches.push(batch));
  }
  for (const [name, topic] of Object.entries(TOPICS) as [keyof typeof TOPICS, TopicSpec][]) {
    for (const batch of (unreadable as Survey).get(topic) ?? []) {
      const lost = topic === TOPICS.snapshots ? snapshots.lostIn(batch.partition, sequences) : undefined;
      const consequence =
        lost === undefined ? '' : `; the calls whose state is lost: ${lost.length === 0 ? 'none' : lost.join(', ')}`;
      const order = topic === TOPICS.repairs ? null : { ...(lost !== undefined && { lost }) };
      found.push({ ...batch, mend: `${AFTER_PASSING[name]}${consequence}`, order, isOrdered: false });
    }
  }
  for (const record of snapshots.damaged()) {
    const isKnown = known.has(String(record.key));
    found.push({ ...rangeOf(record), reason: record.reason, ...mendOf(record, isKnown), isOrdered: false });
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
  if (!isKnown) return { mend: 'no call has this key: the sequencer lets Kafka forget it', order: {} };
  const mend =
    'this call’s state is lost: what is seen of it is put aside as SNAPSHOT_UNREADABLE, and it is never dialled again by itself; end it in Graph if it still lives';
  return { mend, order: null };
}

/** The ledger goes on without such a record, in every process alike. */
function ledgerDamage(record: ReceivedRecord): readonly Damage[] {
  try {
    decodeLedgerRecord(record.value);
    return [];
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    const mend =
      error.code === 'UNKNOWN_VERSION'
        ? 'a newer release wrote it: upgrade the dispatchers'
        : 'it takes no effect, in no process; it leaves with its retention';
    return [{ ...rangeOf(record), reason: error.code, mend, order: null, isOrdered: false }];
  }
}

interface DamagedSnapshot extends ReceivedRecord {
  readonly reason: string;
  readonly isReadableBefore: boolean;
}

/** The last record of each key, and the sequence of the last that can be read. */
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

  /** The calls of this partition of which more events were written than any snapshot knows that can be read. */
  lostIn(partition: number, sequences: ReadonlyMap<string, number>): string[] {
    return [...sequences]
      .filter(([callId]) => partitionOf(callId, this.partitions) === partition)
      .filter(([callId, sequence]) => sequence > (this.sequences.get(callId) ?? 0))
      .map(([callId]) => callId);
  }
}

/** @returns what is wrong with the snapshot; null: nothing, and its sequence is known from now on */
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
