import type { Installation } from '../installation/installation.js';
import { masked } from '../screen/masked.js';
import type { Report } from '../screen/report.js';
import { table, timeOf } from '../screen/table.js';
import { isMeant, type LetterFilter, type ListedLetter } from './dead-letter-list.js';
import { readDeadLetters } from './read-dead-letters.js';
import { shownText } from './show-record.js';

export async function listDeadLetters(
  installation: Installation,
  filter: LetterFilter,
  { reveal, invocation }: { readonly reveal: boolean; readonly invocation: string },
): Promise<Report> {
  const { letters, foreign } = await readDeadLetters(installation);
  const found = letters.filter((one) => isMeant(one, filter));
  const lines =
    found.length === 0
      ? ['There are no such dead letters.']
      : [...letterTable(found, reveal), '', `${invocation} dead-letters show <place> shows one whole.`];
  const rest = foreign === 0 ? [] : [`${foreign} more records in these topics do not say where they came from.`];
  return {
    data: { deadLetters: found.map((one) => letterData(one, reveal)), foreign },
    lines: [...lines, ...rest],
    isWell: true,
  };
}

export function letterTable(letters: readonly ListedLetter[], reveal: boolean): string[] {
  return table(
    ['place', 'put aside', 'reason', 'key', 'replayed'],
    letters.map((one) => {
      const { place, letter } = one;
      return [
        place,
        timeOf(letter.putAsideAtMs),
        letter.reason,
        shownText(letter.original.key, reveal) ?? '(none)',
        replaysOf(one),
      ];
    }),
  );
}

function replaysOf({ replayedAtMs, asideAgain }: ListedLetter): string {
  const times = replayedAtMs.length === 0 ? 'no' : `${replayedAtMs.length}×, last ${timeOf(Math.max(...replayedAtMs))}`;
  return asideAgain.length === 0 ? times : `${times}; put aside again: ${[...new Set(asideAgain)].join(', ')}`;
}

export function letterData({ place, letter, replayedAtMs, asideAgain }: ListedLetter, reveal: boolean): Record<string, unknown> {
  const { original, putAsideAtMs, reason, message, stage, attempts, firstSeen, service } = letter;
  return {
    place,
    reason,
    message: reveal ? message : masked(message),
    stage,
    attempts,
    firstSeen,
    service,
    putAside: timeOf(putAsideAtMs),
    original: {
      topic: original.topic,
      partition: original.partition,
      offset: String(original.offset),
      timestamp: timeOf(original.timestampMs),
      key: shownText(original.key, reveal),
    },
    replayed: replayedAtMs.map(timeOf),
    asideAgain,
  };
}
