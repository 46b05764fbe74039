import { displayName, type Participant } from './participant-name.js';
import { notificationSummary, type TimelineRecord } from './timeline-record.js';

/** What the history says of a call's end; undefined while it goes on. */
export type CallEnd = { readonly isWell: boolean; readonly why: string };

interface Columns {
  readonly state: string;
  readonly detail: string;
}

const WIDTHS = { time: 8, topic: 15, type: 22, state: 28 } as const;
/** ANSI colours by topic; events, which are the product, stand out. */
const COLOURS: Readonly<Record<string, string>> = { commands: '36', 'dispatch-ledger': '90', observations: '90', events: '32' };

/**
 * Renders the records of one call as lines for people: milliseconds since its first record, topic, type, state, details.
 * Ids are cut to their first eight characters; participants are named as the roster names them.
 */
export class Timeline {
  private startMs: number | undefined;
  private hasBeenEstablished = false;
  private readonly names = new Map<string, string>();

  constructor(private readonly hasColours: boolean) {}

  header(): string {
    return line('time', 'topic', 'type', { state: 'state', detail: '' });
  }

  line(record: TimelineRecord): string {
    this.startMs ??= record.timestampMs;
    const time = `+${record.timestampMs - this.startMs} ms`;
    const text = line(time, record.topic, record.type, this.columns(record));
    const colour = COLOURS[record.topic];
    return this.hasColours && colour !== undefined ? `\u001b[${colour}m${text}\u001b[0m` : text;
  }

  /** Ask after each record. */
  endAfter({ topic, type, data }: TimelineRecord): CallEnd | undefined {
    if (topic !== 'events') return undefined;
    if (type === 'CallCreationFailed') return { isWell: false, why: `it was not created: ${text(data['reason'])}` };
    if (type === 'CallOutcomeUnknown' && data['parked'] === true)
      return { isWell: false, why: 'nobody knows whether it was created' };
    if (type !== 'CallStateChanged') return undefined;
    if (data['state'] === 'established') this.hasBeenEstablished = true;
    if (data['final'] !== true) return undefined;
    return this.hasBeenEstablished
      ? { isWell: true, why: 'it was established and has ended' }
      : { isWell: false, why: `it ended without being established: ${resultOf(data)}` };
  }

  private columns(record: TimelineRecord): Columns {
    const { topic, data } = record;
    switch (topic) {
      case 'events':
        return this.eventColumns(record);
      case 'commands':
        return { state: '', detail: `call ${short(data['callId'])}` };
      case 'observations':
        return { state: text(data['outcome']) || notificationSummary(data['body']), detail: attemptOf(data) };
      default:
        return { state: '', detail: join([attemptOf(data), text(data['why']), errorOf(data['error'])]) };
    }
  }

  private eventColumns({ type, data }: TimelineRecord): Columns {
    const late = data['late'] === true ? ['late'] : [];
    switch (type) {
      case 'CallAccepted':
        return { state: 'accepted', detail: join([text(data['kind']), mediaOf(data['media']), ...late]) };
      case 'CallCreated':
        return {
          state: 'created',
          detail: join([attemptOf(data), `Graph’s id ${short(data['graphCallId'])}`, `proven by ${text(data['provenBy'])}`]),
        };
      case 'CallCreationFailed':
        return { state: 'failed', detail: join([text(data['reason']), errorOf(data['error'])]) };
      case 'CallOutcomeUnknown':
        return {
          state: data['parked'] === true ? 'unknown, parked' : 'unknown',
          detail: join([attemptOf(data), text(data['why'])]),
        };
      case 'CallStateChanged': {
        const isFinal = data['final'] === true ? ['final'] : [];
        return { state: changeOf(data), detail: join([audioOf(data['mediaState']), resultOf(data), ...isFinal, ...late]) };
      }
      case 'RosterUpdated':
        return { state: 'roster', detail: join([this.rosterOf(data), ...late]) };
      default:
        return { state: '', detail: join(late) };
    }
  }

  private rosterOf(data: TimelineRecord['data']): string {
    const participants = (data['participants'] ?? []) as readonly Participant[];
    for (const participant of participants) this.names.set(participant.id ?? '', displayName(participant));
    const present = participants.map((participant) => this.nameOf(participant.id ?? ''));
    const changes = (['joined', 'left'] as const).flatMap((change) => {
      const ids = (data[change] ?? []) as readonly string[];
      return ids.length === 0 ? [] : [`${change}: ${ids.map((id) => this.nameOf(id)).join(', ')}`];
    });
    return [present.length === 0 ? 'nobody' : present.join(', '), ...changes.map((change) => `(${change})`)].join(' ');
  }

  private nameOf(participantId: string): string {
    return this.names.get(participantId) ?? short(participantId);
  }
}

function line(time: string, topic: string, type: string, { state, detail }: Columns): string {
  const cells = [
    time.padStart(WIDTHS.time),
    topic.padEnd(WIDTHS.topic),
    type.padEnd(WIDTHS.type),
    state.padEnd(WIDTHS.state),
    detail,
  ];
  return cells.join('  ').trimEnd();
}

function changeOf(data: TimelineRecord['data']): string {
  const [before, after] = [text(data['previousState']), text(data['state'])];
  return before === '' || before === after ? after : `${before} → ${after}`;
}

function mediaOf(media: unknown): string {
  return text(media) === '' ? '' : `${text(media)}-hosted media`;
}

function audioOf(mediaState: unknown): string {
  const audio = text((mediaState as { audio?: unknown } | undefined)?.audio);
  return audio === '' ? '' : `audio ${audio}`;
}

function resultOf(data: TimelineRecord['data']): string {
  const result = data['resultInfo'] as Record<string, unknown> | null | undefined;
  if (!result) return '';
  const said = text(result['meaning']) || text(result['message']);
  return join([`${text(result['code'])}/${text(result['subcode'])}`, said]).replace(', ', ' ');
}

function errorOf(error: unknown): string {
  const { httpStatus, code, message } = (error ?? {}) as Record<string, unknown>;
  return [text(httpStatus), text(code), text(message)].filter((part) => part !== '').join(' ');
}

function attemptOf(data: TimelineRecord['data']): string {
  const attempt = text(data['attempt']);
  return attempt === '' ? '' : `attempt ${attempt}`;
}

function short(id: unknown): string {
  return text(id).slice(0, 8);
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function join(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(', ');
}
