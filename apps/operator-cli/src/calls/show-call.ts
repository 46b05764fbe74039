import { ContractError, decodeCloudEvent, groupName, GROUPS, partitionOf, TOPICS } from '@callbus/contracts';
import { placeOf, readDeadLetter, type DeadLetter, type ReceivedRecord } from '@callbus/kafka';
import type { Installation } from '../installation.js';
import { masked } from '../masked.js';
import type { Report } from '../report.js';
import { table } from '../table.js';
import { explainCall, explanationText, type Unhandled } from './explain-call.js';
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
      text: [explanationText(shown, invocation), ...(timeline.length > 0 ? [timelineText(shown.timeline)] : [])].join('\n\n'),
      isWell: explanation.situation !== 'unheard-of',
    };
  } finally {
    await call.close();
  }
}

function timelineText(timeline: ReturnType<typeof timelineOf>): string {
  return table(
    ['time', 'topic', 'type', 'detail'],
    timeline.map(({ time, topic, type, detail }) => [time, topic, type, detail]),
  );
}

/** JSON has no numbers as large as offsets may be. */
function withTextOffset<E extends { offset: bigint }>(entry: E): Omit<E, 'offset'> & { offset: string } {
  return { ...entry, offset: String(entry.offset) };
}

async function readUnhandled(installation: Installation, callId: string, isUnknown: boolean): Promise<Unhandled> {
  const partition = partitionOf(callId, installation.partitions);
  const deadLetters: DeadLetter[] = [];
  const commands: ReceivedRecord[] = [];
  const onlyOf = (take: (record: ReceivedRecord) => void) => (record: ReceivedRecord) => {
    if (record.key?.toString() === callId) take(record);
  };
  const readLetters = installation.read(
    TOPICS.commandsDeadLetter,
    onlyOf((record) => {
      const letter = readDeadLetter(record);
      if (letter !== null) deadLetters.push(letter);
    }),
    [partition],
  );
  const readCommands = installation.read(
    TOPICS.commands,
    onlyOf((record) => commands.push(record)),
    // The one that a foreign producer has put into another partition is worth reading all only if nobody knows the call.
    isUnknown ? undefined : [partition],
  );
  await Promise.all([readLetters, readCommands]);
  const taken = await installation.client
    .admin()
    .committed(groupName(installation.topicPrefix, GROUPS.inbox), installation.nameOf(TOPICS.commands));
  const places = new Set(deadLetters.map(({ original }) => placeOf(original)));
  const kept = commands.filter((record) => !places.has(placeOf(record)));
  return {
    deadLetters,
    commands: kept.map(({ value, headers, timestampMs, offset, partition: where }) => ({
      type: typeOf(value, headers),
      appendedAtMs: timestampMs,
      isTaken: offset < (taken.get(where) ?? 0n),
    })),
  };
}

function typeOf(value: Buffer | null, headers: ReceivedRecord['headers']): string {
  try {
    return decodeCloudEvent(value, headers).type;
  } catch (error) {
    if (error instanceof ContractError) return 'command that cannot be read';
    throw error;
  }
}
