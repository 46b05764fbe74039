import { TOPICS, type TopicSpec } from '@callbus/contracts';
import { readDeadLetter, replayedFrom, replayOf, type DeadLetter, type ReceivedRecord } from '@callbus/kafka';
import type { Installation } from '../installation.js';
import { listLetters, type ListedLetter } from './dead-letter-list.js';

/** Each topic of dead letters, and the one they come from. */
const PAIRS: readonly (readonly [deadLetters: TopicSpec, original: TopicSpec])[] = [
  [TOPICS.commandsDeadLetter, TOPICS.commands],
  [TOPICS.observationsDeadLetter, TOPICS.observations],
];

export interface DeadLetters {
  readonly letters: readonly ListedLetter[];
  /** Records in these topics that do not say where they came from, or say another topic; nothing can be done with them. */
  readonly foreign: number;
}

/** All dead letters that are kept, the oldest first. */
export async function readDeadLetters(installation: Installation): Promise<DeadLetters> {
  const pairs = await Promise.all(PAIRS.map(([aside, original]) => readPair(installation, aside, original)));
  const letters = pairs.flatMap((pair) => pair.letters);
  const replays = pairs.flatMap((pair) => pair.replays);
  return { letters: listLetters(letters, replays), foreign: pairs.reduce((sum, { foreign }) => sum + foreign, 0) };
}

async function readPair(installation: Installation, aside: TopicSpec, original: TopicSpec) {
  const letters: DeadLetter[] = [];
  let foreign = 0;
  await installation.read(aside, (record) => {
    const letter = readDeadLetter(record);
    if (letter?.original.topic === installation.nameOf(original)) letters.push(letter);
    else foreign += 1;
  });
  const replays: ReceivedRecord[] = [];
  const partitions = new Set(letters.map((letter) => replayOf(letter, installation.partitions).partition));
  if (partitions.size > 0) {
    const keep = (record: ReceivedRecord): void => {
      if (replayedFrom(record) !== null) replays.push(record);
    };
    await installation.read(original, keep, [...partitions]);
  }
  return { letters, replays, foreign };
}
