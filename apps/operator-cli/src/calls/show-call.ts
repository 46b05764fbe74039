import { ContractError, decodeCloudEvent, groupName, GROUPS, partitionOf, TOPICS, type GroupSpec } from '@callbus/contracts';
import { placeOf, readDeadLetter, type DeadLetter, type ReceivedRecord } from '@callbus/kafka';
import type { Installation } from '../installation/installation.js';
import { masked } from '../screen/masked.js';
import type { Report } from '../screen/report.js';
import { table } from '../screen/table.js';
import { explainCall, explanationLines, type Unhandled } from './explain-call.js';
import { FollowedCall } from './followed-call.js';
import { timelineOf } from './timeline.js';

export interface ShowCallOptions {
  readonly callId: string;
  readonly reveal: boolean;
  /** How the tool was called, as people type it. */
  readonly invocation: string;
}

/** The ledger, the snapshot and the events of a call in one timeline, and what they come to. */
export async function showCall(installation: Installation, { callId, reveal, invocation }: ShowCallOptions): Promise<Report> {
  const call = await FollowedCall.open(installation, callId);
  try {
    const { facts } = call;
    const unhandled = await readUnhandled(installation, callId, facts.dispatch === undefined);
    const timeline = timelineOf(facts);
    const { snapshot = null, dispatch = null, ledger, events } = facts;
    const explanation = explainCall(facts, unhandled);
    const found = { callId, ...explanation, timeline, dispatch, snapshot, ledger: ledger.map(withTextOffset), events };
    const shown = (reveal ? found : masked(found)) as typeof found;
    return {
      data: shown,
      lines: [...explanationLines(shown, invocation), ...(timeline.length > 0 ? ['', ...timelineLines(shown.timeline)] : [])],
      isWell: explanation.situation !== 'unheard-of',
    };
  } finally {
    await call.close();
  }
}

function timelineLines(timeline: ReturnType<typeof timelineOf>): string[] {
  return table(
    ['time', 'topic', 'type', 'detail'],
    timeline.map(({ time, topic, type, detail }) => [time, topic, type, detail]),
  );
}

/** JSON has no numbers as large as offsets may be. */
function withTextOffset<E extends { offset: bigint }>(entry: E): Omit<E, 'offset'> & { offset: string } {
  return { ...entry, offset: String(entry.offset) };
}

/** The groups that take commands: each has a topic of them. */
const INBOXES: readonly GroupSpec[] = [GROUPS.inbox, GROUPS.operatorInbox];

async function readUnhandled(installation: Installation, callId: string, isUnknown: boolean): Promise<Unhandled> {
  const partition = partitionOf(callId, installation.partitions);
  // A foreign producer may have used another partition. Reading all partitions is worth it only for an unknown call.
  const partitions = isUnknown ? undefined : [partition];
  const deadLetters: DeadLetter[] = [];
  const readLetters = installation.read(
    TOPICS.commandsDeadLetter,
    onlyOf(callId, (record) => {
      const letter = readDeadLetter(record);
      if (letter !== null) deadLetters.push(letter);
    }),
    [partition],
  );
  const readCommands = INBOXES.map((inbox) => commandsIn(installation, inbox, callId, partitions));
  const commands = (await Promise.all(readCommands)).flat();
  await readLetters;
  const places = new Set(deadLetters.map(({ original }) => placeOf(original)));
  const kept = commands.filter(({ record }) => !places.has(placeOf(record)));
  return {
    deadLetters,
    commands: kept.map(({ record: { value, headers, timestampMs }, isTaken }) => ({
      type: typeOf(value, headers),
      appendedAtMs: timestampMs,
      isTaken,
    })),
  };
}

async function commandsIn(
  installation: Installation,
  inbox: GroupSpec,
  callId: string,
  partitions: readonly number[] | undefined,
) {
  const records: ReceivedRecord[] = [];
  const keep = onlyOf(callId, (record) => records.push(record));
  await installation.read(inbox.topic, keep, partitions);
  const group = groupName(installation.topicPrefix, inbox);
  const taken = await installation.client.admin().committed(group, installation.nameOf(inbox.topic));
  return records.map((record) => ({ record, isTaken: record.offset < (taken.get(record.partition) ?? 0n) }));
}

const onlyOf =
  (callId: string, take: (record: ReceivedRecord) => void) =>
  (record: ReceivedRecord): void => {
    if (record.key?.toString() === callId) take(record);
  };

function typeOf(value: Buffer | null, headers: ReceivedRecord['headers']): string {
  try {
    return decodeCloudEvent(value, headers).type;
  } catch (error) {
    if (error instanceof ContractError) return 'command that cannot be read';
    throw error;
  }
}
