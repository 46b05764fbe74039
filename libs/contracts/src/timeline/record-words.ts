import { TOPICS } from '../topics/topics.js';
import { asText, errorText, notificationText, operationText, resultText } from './graph-words.js';
import type { ParticipantNames } from './participant-names.js';

/** One Kafka record of a call. Nothing is promised of its data, which a newer release or a stranger may have written. */
export interface RecordContent {
  /** Without the installation's prefix. */
  readonly topic: string;
  /** A CloudEvent's type, the type of a ledger record or the kind of an observation. */
  readonly type: string;
  /** A CloudEvent's data, or the whole of the others. */
  readonly data: Data;
}

type Data = Readonly<Record<string, unknown>>;

/**
 * Says in words what a record tells, as the last column of a timeline; not yet fit for a terminal.
 * @param names of the call's participants. Without them nobody is named and no pressed key is shown, which may be a PIN.
 */
export function recordWords({ topic, type, data }: RecordContent, names?: ParticipantNames): string {
  switch (topic) {
    case TOPICS.events.name:
      return join([...eventWords(type, data, names), data['late'] === true ? 'late' : '']);
    case TOPICS.dispatchLedger.name:
      return join(ledgerWords(type, data));
    case TOPICS.observations.name:
      return join([asText(data['outcome']) || notificationText(data['body']), attemptOf(data)]);
    default:
      return asText(data['callId']) === '' ? '' : `call ${asText(data['callId'])}`;
  }
}

function ledgerWords(type: string, data: Data): readonly string[] {
  switch (type) {
    case 'Accepted': {
      const { notAfterMs, ifUnknown } = membersOf(data['command']);
      return [`not after ${timeText(notAfterMs)}`, `ifUnknown ${asText(ifUnknown)}`];
    }
    case 'Invalid':
      return [faultsText(data['faults'])];
    case 'EndRequested':
      return [`by tenant ${asText(data['tenantId'])}`];
    case 'Created':
      return creationOf(data);
    case 'Refused':
      return [attemptOf(data), errorText(data['error']), `again after ${asText(data['retryAfterMs'])} ms`];
    case 'Released':
      return [attemptOf(data), `by ${asText(data['operator']) || asText(data['by'])}`, asText(data['reason'])];
    default:
      return [attemptOf(data), asText(data['why']), errorText(data['error'])];
  }
}

function eventWords(type: string, data: Data, names: ParticipantNames | undefined): readonly string[] {
  switch (type) {
    case 'CallAccepted':
      return [asText(data['kind']), asText(data['media']) === '' ? '' : `${asText(data['media'])}-hosted media`];
    case 'CallCreated':
      return creationOf(data);
    case 'CallCreationFailed':
      return [asText(data['reason']), errorText(data['error'])];
    case 'CallOutcomeUnknown':
      return [attemptOf(data), data['parked'] === true ? 'parked' : '', asText(data['why'])];
    case 'CallStateChanged':
      return [changeOf(data), audioOf(data), resultText(data['resultInfo']), data['final'] === true ? 'final' : ''];
    case 'RosterUpdated': {
      const cut = asText(data['truncated']);
      return [names?.rosterText(data) ?? rosterCounts(data), cut === '' ? '' : `${cut} more`];
    }
    case 'CallOperationUpdated':
      return [operationText(data['operation'])];
    case 'CallToneReceived':
      return [names === undefined ? '' : asText(membersOf(data['toneInfo'])['tone'])];
    case 'ContentSharingChanged':
      return [asText(data['changeType'])];
    case 'DuplicateCallDetected':
      return [attemptOf(data), graphIdOf(data)];
    case 'CallEndFailed':
      return [attemptOf(data), errorText(data['error'])];
    default:
      return [];
  }
}

function creationOf(data: Data): readonly string[] {
  return [attemptOf(data), `proven by ${asText(data['provenBy'])}`, graphIdOf(data)];
}

function changeOf(data: Data): string {
  const [before, after] = [asText(data['previousState']), asText(data['state'])];
  return before === '' || before === after ? after : `${before} → ${after}`;
}

function audioOf(data: Data): string {
  const audio = asText(membersOf(data['mediaState'])['audio']);
  return audio === '' ? '' : `audio ${audio}`;
}

function rosterCounts(data: Data): string {
  const count = (name: string): number => (Array.isArray(data[name]) ? data[name].length : 0);
  return `${count('participants')} participants, ${count('joined')} joined, ${count('left')} left`;
}

function faultsText(faults: unknown): string {
  if (!Array.isArray(faults)) return '';
  return faults
    .map(membersOf)
    .map(({ path, message }) => `${asText(path)} ${asText(message)}`)
    .join('; ');
}

function attemptOf(data: Data): string {
  return asText(data['attempt']) === '' ? '' : `attempt ${asText(data['attempt'])}`;
}

function graphIdOf(data: Data): string {
  return asText(data['graphCallId']) === '' ? '' : `Graph’s id ${asText(data['graphCallId'])}`;
}

function timeText(ms: unknown): string {
  const time = new Date(typeof ms === 'number' ? ms : Number.NaN);
  return Number.isNaN(time.getTime()) ? '?' : time.toISOString();
}

function membersOf(value: unknown): Data {
  return typeof value === 'object' && value !== null ? (value as Data) : {};
}

function join(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(', ');
}
