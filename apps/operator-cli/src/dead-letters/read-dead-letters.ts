import { TOPICS, type TopicSpec } from '@callbus/contracts';
import { readDeadLetter, replayedFrom, replayOf, type DeadLetter, type ReceivedRecord } from '@callbus/kafka';
import type { Installation } from '../installation/installation.js';
import { listLetters, type ListedLetter } from './dead-letter-list.js';

/** Each topic of dead letters, and those they come from. */
const SOURCES: readonly (readonly [deadLetters: TopicSpec, originals: readonly TopicSpec[]])[] = [
  [TOPICS.commandsDeadLetter, [TOPICS.commands, TOPICS.operatorCommands]],
  [TOPICS.observationsDeadLetter, [TOPICS.observations]],
];

export interface DeadLetters {
  readonly letters: readonly ListedLetter[];
  /** Records in these topics that do not say where they came from, or say another topic; nothing can be done with them. */
  readonly foreign: number;
}

/** All dead letters that are kept, the oldest first. */
export async function readDeadLetters(installation: Installation): Promise<DeadLetters> {
  const read = await Promise.all(SOURCES.map(([aside, originals]) => readTopic(installation, aside, originals)));
  const letters = read.flatMap((one) => one.letters);
  const replays = read.flatMap((one) => one.replays);
  return { letters: listLetters(letters, replays), foreign: read.reduce((sum, { foreign }) => sum + foreign, 0) };
}

async function readTopic(installation: Installation, aside: TopicSpec, originals: readonly TopicSpec[]) {
  const letters: DeadLetter[] = [];
  const names = new Set(originals.map((original) => installation.nameOf(original)));
  let foreign = 0;
  await installation.read(aside, (record) => {
    const letter = readDeadLetter(record);
    if (letter !== null && names.has(letter.original.topic)) letters.push(letter);
    else foreign += 1;
  });
  const replays = await Promise.all(originals.map((original) => replaysIn(installation, original, letters)));
  return { letters, replays: replays.flat(), foreign };
}

/** The records of the topic that are replays, read only where one of these letters may have gone. */
async function replaysIn(
  installation: Installation,
  original: TopicSpec,
  letters: readonly DeadLetter[],
): Promise<readonly ReceivedRecord[]> {
  const replays: ReceivedRecord[] = [];
  const sent = letters.map((letter) => replayOf(letter, installation.partitions));
  const partitions = new Set(
    sent.filter(({ topic }) => topic === installation.nameOf(original)).map(({ partition }) => partition),
  );
  if (partitions.size === 0) return replays;
  const keep = (record: ReceivedRecord): void => {
    if (replayedFrom(record) !== null) replays.push(record);
  };
  // A batch that nobody can read holds no replay, since replays are sent by this tool.
  const passOver = (): void => undefined;
  await installation.read(original, keep, [...partitions], passOver);
  return replays;
}
