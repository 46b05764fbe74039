import { KafkaError, replayOf, type OutgoingRecord } from '@callbus/kafka';
import type { Installation } from '../installation/installation.js';
import type { Report } from '../screen/report.js';
import { table } from '../screen/table.js';
import { isMeant, isReplayable, NOT_REPLAYABLE, type LetterFilter, type ListedLetter } from './dead-letter-list.js';
import { readDeadLetters } from './read-dead-letters.js';
import { shownText } from './show-record.js';

/** One replay: where it is now, or why it is not there. */
interface Replayed {
  readonly place: string;
  readonly topic: string;
  readonly partition: number;
  readonly key: string | null;
  readonly offset: string | null;
  readonly error: string | null;
}

/** Sends dead letters to their own topics again, the oldest first. To repeat it is harmless: they have their ids and times. */
export async function replayDeadLetters(
  installation: Installation,
  filter: LetterFilter,
  { isDryRun, reveal }: { readonly isDryRun: boolean; readonly reveal: boolean },
): Promise<Report> {
  const { letters } = await readDeadLetters(installation);
  const meant = letters.filter((one) => isMeant(one, filter));
  const chosen = meant.filter(isReplayable);
  const leftOut = meant.filter((one) => !isReplayable(one)).map(({ place }) => `${place} is left out: ${NOT_REPLAYABLE}`);
  if (chosen.length === 0) {
    const lines = leftOut.length > 0 ? leftOut : ['There are no such dead letters.'];
    return { data: { isDryRun, replayed: [] }, lines, isWell: false };
  }
  const records = chosen.map(({ letter }) => replayOf(letter, installation.partitions));
  const outcomes = isDryRun ? [] : await sendEach(installation, records);
  const replayed = chosen.map((one, index): Replayed => {
    const { place, letter } = one;
    const { topic, partition } = records[index] as OutgoingRecord;
    return { place, topic, partition, key: shownText(letter.original.key, reveal), ...(outcomes[index] ?? NOT_SENT) };
  });
  const rows = replayed.map(({ place, topic, partition, key, offset, error }) => [
    place,
    `${topic}/${partition}`,
    key ?? '(none)',
    error ?? offset ?? 'not sent',
  ]);
  const sent = replayed.filter(({ offset }) => offset !== null).length;
  return {
    data: { isDryRun, replayed },
    lines: [...table(['dead letter', 'to', 'key', 'offset'], rows), ...leftOut, '', summary(chosen, sent, isDryRun)],
    isWell: isDryRun || sent === chosen.length,
  };
}

const NOT_SENT = { offset: null, error: null };

/** One by one, so that it is known how far it came. What Kafka never takes is passed over; when it takes nothing, that is the end. */
async function sendEach(installation: Installation, records: readonly OutgoingRecord[]) {
  const outcomes: Pick<Replayed, 'offset' | 'error'>[] = [];
  const sender = await installation.client.sender();
  try {
    for (const record of records) {
      try {
        const [sent] = await sender.send([record]);
        outcomes.push({ offset: String(sent?.offset), error: null });
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error;
        outcomes.push({ offset: null, error: error.message });
        if (error.code !== 'RECORD_REFUSED') break;
      }
    }
  } finally {
    await sender.close();
  }
  return outcomes;
}

function summary({ length }: readonly ListedLetter[], sent: number, isDryRun: boolean): string {
  if (isDryRun) return `${length} would be replayed; nothing was sent.`;
  if (sent === length) return `${length} replayed.`;
  return `${sent} of ${length} replayed. Do it again when that is mended: those that were sent are not handled twice.`;
}
