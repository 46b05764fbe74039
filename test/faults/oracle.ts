// Says what must be so, from what is on Kafka and what the simulator saw. It shares no code with the services.
import type { PlainReader, PlainRecord } from '../support/plain-kafka.js';
import { storedBody } from '../support/stored-body.js';

/** One create request that the simulator read off the wire. */
export interface SeenPost {
  readonly callId: string;
  readonly attempt: number;
  readonly body: { readonly callbackUri: string };
  readonly answered: { readonly status: number } | null;
}

/** One callback that the simulator sent. */
export interface SeenDelivery {
  readonly callId: string | null;
  readonly state: string;
  readonly body: string;
  /** Of one that is no text. */
  readonly bodyBase64?: string;
  readonly answered: { readonly status: number } | null;
  /** Why there was no answer, and the fault that struck. */
  readonly error?: string;
  readonly fault?: string;
}

/** Records of the simulator, by the call that they are about. */
export class Seen<T extends { readonly callId: string | null }> {
  private readonly byCall: Readonly<Partial<Record<string, T[]>>>;

  constructor(readonly all: readonly T[]) {
    this.byCall = Object.groupBy(all, ({ callId }) => callId ?? '');
  }

  of(callId: string): readonly T[] {
    return this.byCall[callId] ?? [];
  }
}

export interface Evidence {
  readonly posts: Seen<SeenPost>;
  readonly deliveries: Seen<SeenDelivery>;
  readonly ledger: PlainReader;
  readonly observations: PlainReader;
  readonly events: PlainReader;
  readonly snapshots: PlainReader;
  readonly commandDeadLetters: PlainReader;
}

type Json = Readonly<Record<string, unknown>>;

const AFTER_THE_END = ['DuplicateCallDetected', 'CallEndFailed'];
/** Graph surely made no call. */
const REFUSED = [401, 429];

/** @returns what the command came to; null while it has no lasting outcome (I1) */
export function outcomeOf(
  callId: string,
  { events, commandDeadLetters }: Pick<Evidence, 'events' | 'commandDeadLetters'>,
): string | null {
  const history = eventsOf(callId, events);
  if (history.some(({ type }) => type === 'CallCreated')) return 'created';
  const failed = history.find(({ type }) => type === 'CallCreationFailed');
  if (failed !== undefined) return String(failed.data['reason']);
  if (history.filter(({ type }) => type === 'CallOutcomeUnknown').at(-1)?.data['parked'] === true) return 'parked';
  return commandDeadLetters.of(callId).length > 0 ? 'dead letter' : null;
}

/** POSTs that may have dialled, beyond the one that each command, and each release, allows (I2). */
export function surplusPosts(callId: string, { posts, ledger }: Evidence): number {
  const mayHaveDialled = posts.of(callId).filter(({ answered }) => !REFUSED.includes(answered?.status ?? 0));
  const released = new Set(recordsOf(callId, ledger, 'Released').map(({ attempt }) => attempt));
  return Math.max(0, mayHaveDialled.length - 1 - released.size);
}

/** @returns everything that is wrong about the call, in words; empty if nothing is */
export function violations(callId: string, evidence: Evidence): string[] {
  const found: string[] = [];
  const say = (what: string): void => void found.push(`${callId}: ${what}`);
  const posts = evidence.posts.of(callId);

  if (outcomeOf(callId, evidence) === null) say(`I1 has no lasting outcome: ${shown(callId, evidence)}`);
  if (surplusPosts(callId, evidence) > 0) say(`I2 was dialled ${String(posts.length)} times`);
  const intended = new Set(recordsOf(callId, evidence.ledger, 'Intent').map(({ attempt }) => attempt));
  for (const { attempt } of posts) if (!intended.has(attempt)) say(`I2 attempt ${String(attempt)} was dialled without an Intent`);
  const attempts = posts.map(({ attempt }) => attempt);
  if (new Set(attempts).size < attempts.length) say(`I2 an attempt was dialled twice: ${attempts.join(', ')}`);

  const stored = new Set(evidence.observations.of(callId).map((record) => storedBody(record).toString('base64')));
  for (const { body, bodyBase64, answered } of evidence.deliveries.of(callId)) {
    if (answered === null || answered.status >= 300) continue;
    if (!stored.has(bodyBase64 ?? Buffer.from(body).toString('base64')))
      say(`I3 a callback was answered ${String(answered.status)} and is not on Kafka`);
  }

  const history = eventsOf(callId, evidence.events);
  history.forEach(({ sequence }, index) => {
    if (Number(sequence) !== index + 1) say(`I4 event ${String(index + 1)} has the sequence ${sequence}`);
  });
  const end = history.findIndex(({ type, data }) => data['final'] === true || type === 'CallCreationFailed');
  for (const { type, data } of end < 0 ? [] : history.slice(end + 1)) {
    if (data['late'] !== true && !AFTER_THE_END.includes(type)) say(`I4 ${type} came after the end and is not late`);
  }
  if (history.filter(({ type }) => type === 'CallCreated').length > 1) say('I4 was created twice');
  const snapshot = evidence.snapshots
    .of(callId)
    // Neither a tombstone, nor what a row has damaged.
    .filter(({ value }) => value?.[0] === '{'.charCodeAt(0))
    .map(parsed)
    .reduce<Json | null>(
      (newest, one) => (newest === null || Number(one['offset']) >= Number(newest['offset']) ? one : newest),
      null,
    );
  const last = Number(history.at(-1)?.sequence ?? 0);
  if (last !== Number(snapshot?.['sequence'] ?? 0))
    say(`I4 the snapshot is at ${String(snapshot?.['sequence'])}, the events at ${String(last)}`);
  return found;
}

interface SeenEvent {
  readonly id: string;
  readonly type: string;
  readonly sequence: string;
  readonly data: Json;
}

/** First occurrences, in the order of the topic: what is delivered again has the same id. */
function eventsOf(callId: string, events: PlainReader): SeenEvent[] {
  const seen = new Set<string>();
  return events
    .of(callId)
    .map((record) => parsed(record) as unknown as SeenEvent)
    .filter(({ id }) => !seen.has(id) && seen.add(id));
}

function recordsOf(callId: string, ledger: PlainReader, type: string): Json[] {
  return ledger
    .of(callId)
    .map(parsed)
    .filter((record) => record['type'] === type);
}

function parsed({ value }: PlainRecord): Json {
  return JSON.parse(String(value)) as Json;
}

/** What is known of a call, for people. */
export function shown(callId: string, { ledger, events, posts }: Evidence): string {
  const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  const types = ledger.of(callId).map((record) => {
    const { type, attempt = '', why } = parsed(record);
    return `${text(type)}${text(attempt)}${why === undefined ? '' : ` (${text(why)})`}`;
  });
  const happened = eventsOf(callId, events).map(
    ({ type, data }) => `${type} ${text(data['state'] ?? data['reason'] ?? data['parked'] ?? '')}`,
  );
  const dialled = posts.of(callId).length;
  return `ledger [${types.join(', ')}], events [${happened.join(', ')}], ${String(dialled)} POSTs`;
}
