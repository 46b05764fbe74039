import { placeOf, replayedFrom, type DeadLetter, type KafkaErrorCode, type ReceivedRecord } from '@callbus/kafka';

/** A dead letter, and what has been done about it. */
export interface ListedLetter {
  /** topic/partition/offset, by which it is chosen. */
  readonly place: string;
  readonly letter: DeadLetter;
  /** The dead letter of which this is a replay that was put aside again; null for all others. */
  readonly replayOf: string | null;
  /** When it was replayed, milliseconds since 1970. */
  readonly replayedAtMs: readonly number[];
  /** Replays of it that were put aside again, with the reason. */
  readonly asideAgain: readonly string[];
}

/**
 * The dead letters, the oldest first, those of one key in their order.
 * @param letters per partition in the order of the topic
 * @param replays records of the original topics that came from dead letters
 */
export function listLetters(letters: readonly DeadLetter[], replays: readonly ReceivedRecord[]): ListedLetter[] {
  const places = new Set(letters.map(placeOf));
  const originOf = ({ original }: DeadLetter): string | null => {
    const origin = replayedFrom(original);
    return origin !== null && places.has(origin) ? origin : null;
  };
  const replaysByPlace = Map.groupBy(replays, replayedFrom);
  const asideAgainByPlace = Map.groupBy(letters, originOf);
  return inOrder(letters).map((letter) => {
    const place = placeOf(letter);
    return {
      place,
      letter,
      replayOf: originOf(letter),
      replayedAtMs: (replaysByPlace.get(place) ?? []).map(({ timestampMs }) => timestampMs),
      asideAgain: (asideAgainByPlace.get(place) ?? []).map(({ reason }) => reason),
    };
  });
}

/** By time; within a partition the clocks of those who wrote do not count. */
function inOrder(letters: readonly DeadLetter[]): DeadLetter[] {
  const newestMs = new Map<string, number>();
  return letters
    .map((letter) => {
      const partition = `${letter.topic}/${letter.partition}`;
      const atMs = Math.max(letter.putAsideAtMs, newestMs.get(partition) ?? -Infinity);
      newestMs.set(partition, atMs);
      return { letter, partition, atMs };
    })
    .toSorted((a, b) => a.atMs - b.atMs || a.partition.localeCompare(b.partition))
    .map(({ letter }) => letter);
}

/** Which dead letters are meant; what is not given does not matter. */
export interface LetterFilter {
  readonly place?: string;
  /** Of the dead letters, or the one they come from. */
  readonly topic?: string;
  readonly reason?: string;
  readonly key?: string;
  /** When they were put aside, milliseconds since 1970, both included. */
  readonly sinceMs?: number;
  readonly untilMs?: number;
}

/**
 * A replay that was put aside again is the same record as the dead letter that it came from. It is meant only when it is
 * chosen by its place, so that replaying all of them a second time sends no more than the first time.
 */
export function isMeant({ place, letter, replayOf }: ListedLetter, filter: LetterFilter): boolean {
  const { sinceMs = -Infinity, untilMs = Infinity } = filter;
  return (
    (filter.place === undefined ? replayOf === null : place === filter.place) &&
    (filter.topic === undefined || [letter.topic, letter.original.topic].includes(filter.topic)) &&
    (filter.reason === undefined || letter.reason === filter.reason) &&
    (filter.key === undefined || letter.original.key?.toString() === filter.key) &&
    letter.putAsideAtMs >= sinceMs &&
    letter.putAsideAtMs <= untilMs
  );
}

const UNREADABLE: KafkaErrorCode = 'UNREADABLE_BATCH';

export const NOT_REPLAYABLE =
  'it is a batch of records that nobody can read, and cannot be sent again. Its bytes are kept here; have its producer send the records anew.';

/** False for a batch that nobody can read: it is no record, and its dead letter keeps only its bytes. */
export function isReplayable({ letter }: ListedLetter): boolean {
  return letter.reason !== UNREADABLE;
}
