import type { Installation } from '../installation/installation.js';
import type { Report } from '../screen/report.js';
import { isReplayable, NOT_REPLAYABLE } from './dead-letter-list.js';
import { letterData } from './list-dead-letters.js';
import { readDeadLetters } from './read-dead-letters.js';
import { shownHeaders, shownValue } from './show-record.js';

/** One dead letter whole: why it is aside, and the record as it came. */
export async function showDeadLetter(
  installation: Installation,
  place: string,
  { reveal, invocation }: { readonly reveal: boolean; readonly invocation: string },
): Promise<Report> {
  const { letters } = await readDeadLetters(installation);
  const found = letters.find((one) => one.place === place);
  if (found === undefined) return { data: null, lines: [`There is no dead letter ${place}.`], isWell: false };
  const { headers, value } = found.letter.original;
  const data = { ...letterData(found, reveal), headers: shownHeaders(headers, reveal), value: shownValue(value, reveal) };
  if (!isReplayable(found))
    return { data, lines: [...JSON.stringify(data, null, 2).split('\n'), '', `Next: ${NOT_REPLAYABLE}`], isWell: true };
  const next = [
    'Next, when its cause is mended (a record that is wrong itself would only be put aside again):',
    `  ${invocation} dead-letters replay ${place}`,
    '      sends it again as it was, with the time that it had',
  ];
  return { data, lines: [...JSON.stringify(data, null, 2).split('\n'), '', ...next], isWell: true };
}
