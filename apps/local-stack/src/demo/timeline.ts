import { printable } from '@callbus/chassis';
import { displayName, type Participant } from './participant-name.js';
import { notificationSummary, type TimelineRecord } from './timeline-record.js';

/** What the history says of a call's end; undefined while it goes on. */
export type CallEnd = { readonly isWell: boolean; readonly why: string };

interface Columns {
  readonly state: string;
  readonly detail: string;
}

const WIDTHS = { time: 8, topic: 15, type: 22, state: 28 } as const;
/** Names in one line; more are only counted. */
const MOST_NAMES = 8;
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
        return { state: 'roster', detail: join([this.rosterOf(data), cutOf(data), ...late]) };
      case 'CallOperationUpdated':
        return { state: 'operation', detail: join([operationOf(data['operation']), ...late]) };
      case 'CallToneReceived':
        return { state: 'tone', detail: join([text(objectOf(data['toneInfo'])['tone']), ...late]) };
      case 'ContentSharingChanged':
        return { state: 'content sharing', detail: join([text(data['changeType']), ...late]) };
      default:
        return { state: '', detail: join(late) };
    }
  }

  private rosterOf(data: TimelineRecord['data']): string {
    const participants = (data['participants'] ?? []) as readonly Participant[];
    for (const participant of participants) this.names.set(text(participant.id), displayName(participant));
    const changes = (['joined', 'left'] as const).flatMap((change) => {
      const ids = (data[change] ?? []) as readonly string[];
      return ids.length === 0 ? [] : [`${change}: ${listOf(ids.map((id) => this.nameOf(id)))}`];
    });
    return [listOf(participants.map(displayName)), ...changes.map((change) => `(${change})`)].join(' ');
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
  return printable(cells.join('  ').trimEnd());
}

function changeOf(data: TimelineRecord['data']): string {
  const [before, after] = [text(data['previousState']), text(data['state'])];
  return before === '' || before === after ? after : `${before} → ${after}`;
}

function mediaOf(media: unknown): string {
  return text(media) === '' ? '' : `${text(media)}-hosted media`;
}

function audioOf(mediaState: unknown): string {
  const audio = text(objectOf(mediaState)['audio']);
  return audio === '' ? '' : `audio ${audio}`;
}

function resultOf(data: TimelineRecord['data']): string {
  const result = objectOf(data['resultInfo']);
  if (Object.keys(result).length === 0) return '';
  const said = text(result['meaning']) || text(result['message']);
  return join([`${text(result['code'])}/${text(result['subcode'])}`, said]).replace(', ', ' ');
}

function errorOf(error: unknown): string {
  const { httpStatus, code, message } = objectOf(error);
  return [text(httpStatus), text(code), text(message)].filter((part) => part !== '').join(' ');
}

/** `playPrompt Completed`, and what came of it. */
function operationOf(operation: unknown): string {
  const members = objectOf(operation);
  const type = text(members['@odata.type']).split('.').at(-1) ?? '';
  return join([`${type.replace(/Operation$/, '')} ${text(members['status'])}`.trim(), resultOf(members)]);
}

function listOf(names: readonly string[]): string {
  if (names.length === 0) return 'nobody';
  return names.length > MOST_NAMES ? `${names.length} participants` : names.join(', ');
}

function cutOf(data: TimelineRecord['data']): string {
  return data['truncated'] === undefined ? '' : `${text(data['truncated'])} more`;
}

function attemptOf(data: TimelineRecord['data']): string {
  const attempt = text(data['attempt']);
  return attempt === '' ? '' : `attempt ${attempt}`;
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
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
