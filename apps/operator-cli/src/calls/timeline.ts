import type { LedgerRecord } from '@callbus/contracts';
import { timeOf } from '../screen/table.js';
import type { CallFacts, HistoryEvent, LedgerEntry } from './call-facts.js';
import { asText, errorText, operationText, resultText } from './graph-words.js';

/** One line of a call's timeline. */
export interface TimelineRow {
  /** ISO 8601: the broker's for the ledger; for an event, when what it tells of was received. */
  readonly time: string;
  readonly topic: 'ledger' | 'events';
  readonly type: string;
  readonly detail: string;
}

/** The ledger's records and the history's events by time, each of the two in its own order whatever its clock says. */
export function timelineOf({ ledger, events }: Pick<CallFacts, 'ledger' | 'events'>): TimelineRow[] {
  const rows: TimelineRow[] = [];
  const [left, right] = [ledger.map(ledgerRow), events.map(eventRow)];
  for (;;) {
    const [first, second] = [left[0], right[0]];
    if (first === undefined || second === undefined) return [...rows, ...left, ...right];
    // Of one instant, the ledger comes first: its records are what the events tell of.
    rows.push(first.time <= second.time ? first : second);
    (first.time <= second.time ? left : right).shift();
  }
}

function ledgerRow({ record, appendedAtMs, transition }: LedgerEntry): TimelineRow {
  const detail = detailOf(record);
  return {
    time: timeOf(appendedAtMs),
    topic: 'ledger',
    type: record.type,
    detail: transition === null ? join([detail, 'took no effect']) : detail,
  };
}

function detailOf(record: LedgerRecord): string {
  switch (record.type) {
    case 'Accepted':
      return `not after ${timeOf(record.command.notAfterMs)}, ifUnknown ${record.command.ifUnknown}`;
    case 'Invalid':
      return record.faults.map(({ path, message }) => `${path} ${message}`).join('; ');
    case 'EndRequested':
      return `by tenant ${record.tenantId}`;
    case 'Intent':
      return attemptOf(record.attempt);
    case 'Created':
      return join([attemptOf(record.attempt), `proven by ${record.provenBy}`, graphIdOf(record.graphCallId)]);
    case 'Rejected':
      return join([attemptOf(record.attempt), errorText(record.error)]);
    case 'Refused':
      return join([attemptOf(record.attempt), errorText(record.error), `again after ${record.retryAfterMs} ms`]);
    case 'NotSent':
    case 'Unknown':
      return join([attemptOf(record.attempt), record.why]);
    case 'Released':
      return join([attemptOf(record.attempt), `by ${record.operator ?? record.by}`, record.reason ?? '']);
    case 'Expired':
      return record.why;
    case 'Forbidden':
      return errorText(record.error);
  }
}

function eventRow({ type, time, data }: HistoryEvent): TimelineRow {
  const late = data['late'] === true ? 'late' : '';
  return { time, topic: 'events', type, detail: join([eventDetail(type, data), late]) };
}

function eventDetail(type: string, data: HistoryEvent['data']): string {
  switch (type) {
    case 'CallAccepted':
      return join([asText(data['kind']), `${asText(data['media'])}-hosted media`]);
    case 'CallCreated':
      return join([attemptOf(data['attempt']), `proven by ${asText(data['provenBy'])}`, graphIdOf(data['graphCallId'])]);
    case 'CallCreationFailed':
      return join([asText(data['reason']), errorText(data['error'])]);
    case 'CallOutcomeUnknown':
      return join([attemptOf(data['attempt']), data['parked'] === true ? 'parked' : '', asText(data['why'])]);
    case 'CallStateChanged':
      return join([asText(data['state']), resultText(data['resultInfo']), data['final'] === true ? 'final' : '']);
    case 'RosterUpdated':
      return rosterOf(data);
    case 'CallOperationUpdated':
      return operationText(data['operation']);
    case 'ContentSharingChanged':
      return asText(data['changeType']);
    case 'DuplicateCallDetected':
      return join([attemptOf(data['attempt']), graphIdOf(data['graphCallId'])]);
    case 'CallEndFailed':
      return join([attemptOf(data['attempt']), errorText(data['error'])]);
    default:
      return '';
  }
}

/** How many, not who: names are for those who ask for them. */
function rosterOf(data: HistoryEvent['data']): string {
  const count = (name: string): number => (Array.isArray(data[name]) ? data[name].length : 0);
  return `${count('participants')} participants, ${count('joined')} joined, ${count('left')} left`;
}

function attemptOf(attempt: unknown): string {
  return `attempt ${asText(attempt)}`;
}

function graphIdOf(graphCallId: unknown): string {
  return asText(graphCallId) === '' ? '' : `Graph’s id ${asText(graphCallId)}`;
}

function join(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(', ');
}
