import { printable } from '@callbus/chassis';
import { ParticipantNames, recordWords, resultText, type TimelineRecord } from '@callbus/contracts';

/** What the history says of a call's end; undefined while it goes on. */
export type CallEnd = { readonly isWell: boolean; readonly why: string };

const WIDTHS = { time: 8, topic: 15, type: 22 } as const;
/** ANSI colours by topic; events, which are the product, stand out. */
const COLOURS: Readonly<Record<string, string>> = { commands: '36', 'dispatch-ledger': '90', observations: '90', events: '32' };

/**
 * Renders the records of one call as lines for people: milliseconds since its first record, topic, type, details.
 * Participants are named as the roster names them.
 */
export class Timeline {
  private startMs: number | undefined;
  private hasBeenEstablished = false;
  private readonly names = new ParticipantNames();

  constructor(private readonly hasColours: boolean) {}

  header(): string {
    return line('time', 'topic', 'type', 'detail');
  }

  line(record: TimelineRecord): string {
    this.startMs ??= record.timestampMs;
    const time = `+${record.timestampMs - this.startMs} ms`;
    const text = line(time, record.topic, record.type, recordWords(record, this.names));
    const colour = COLOURS[record.topic];
    return this.hasColours && colour !== undefined ? `\u001b[${colour}m${text}\u001b[0m` : text;
  }

  /** Ask after each record. */
  endAfter({ topic, type, data }: TimelineRecord): CallEnd | undefined {
    if (topic !== 'events') return undefined;
    if (type === 'CallCreationFailed')
      return { isWell: false, why: `it was not created: ${typeof data['reason'] === 'string' ? data['reason'] : ''}` };
    if (type === 'CallOutcomeUnknown' && data['parked'] === true)
      return { isWell: false, why: 'nobody knows whether it was created' };
    if (type !== 'CallStateChanged') return undefined;
    if (data['state'] === 'established') this.hasBeenEstablished = true;
    if (data['final'] !== true) return undefined;
    return this.hasBeenEstablished
      ? { isWell: true, why: 'it was established and has ended' }
      : { isWell: false, why: `it ended without being established: ${resultText(data['resultInfo'])}` };
  }
}

function line(time: string, topic: string, type: string, detail: string): string {
  const cells = [time.padStart(WIDTHS.time), topic.padEnd(WIDTHS.topic), type.padEnd(WIDTHS.type), detail];
  return printable(cells.join('  ').trimEnd());
}
