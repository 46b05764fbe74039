import { readdirSync, readFileSync } from 'node:fs';
import {
  carriedBody,
  type CallEvent,
  type KeepAliveObservation,
  type NotificationObservation,
  type Observation,
} from '@callbus/contracts';
import { callResourcePath } from '@callbus/graph';
import { foldCall, type Folded } from '../fold/fold-call.js';
import type { History } from '../fold/history.js';

const SAMPLES = new URL('../../../../../libs/graph/fixtures/notifications/', import.meta.url);
export const TENANT_ID = '22222222-2222-4222-8222-222222222222';
const BASE = {
  callId: '11111111-1111-4111-8111-111111111111',
  tenantId: TENANT_ID,
  appId: TENANT_ID,
  receivedAt: '2026-01-01T00:00:00.000Z',
};

/** Every body of Graph's that was recorded or documented, without `.json`. */
export const SAMPLE_NAMES = readdirSync(SAMPLES).map((file) => file.replace(/\.json$/, ''));

export function sampleBody(name: string): string {
  return readFileSync(new URL(`${name}.json`, SAMPLES), 'utf8');
}

/** The call that a body is about; a body that names none is bound to this one. */
export function graphCallIdOf(body: string): string {
  const { value } = JSON.parse(body) as { value?: { resourceUrl?: string; resource?: string }[] };
  const [{ resourceUrl, resource } = {}] = value ?? [];
  return callResourcePath(resourceUrl ?? resource ?? '')?.callId ?? '33333333-3333-4333-8333-333333333333';
}

export function accepted(more: { readonly isDeltaRosterEnabled?: boolean } = {}): Observation {
  return {
    ...BASE,
    ...more,
    kind: 'accepted',
    id: 'accepted',
    requestHash: '1:x',
    callKind: 'meeting',
    media: 'service',
    notAfter: BASE.receivedAt,
    ifUnknown: 'park',
  };
}

export function created(graphCallId: string | null, attempt = 1, call: Record<string, unknown> = {}): Observation {
  const id = `created-${String(attempt)}`;
  return { ...BASE, kind: 'outcome', id, outcome: 'created', attempt, provenBy: 'response', graphCallId, call };
}

export function failed(id = 'failed'): Observation {
  const error = { httpStatus: 403, code: '7504', message: 'no' };
  return { ...BASE, kind: 'outcome', id, outcome: 'failed', attempt: 1, reason: 'rejected', error };
}

export function unknownOutcome(attempt: number): Observation {
  return { ...BASE, kind: 'outcome', id: `unknown-${String(attempt)}`, outcome: 'unknown', attempt, why: 'reset' };
}

export function graceOver(attempt: number): Observation {
  return { ...BASE, kind: 'grace-over', id: `grace-over-${String(attempt)}`, attempt, why: 'no callback' };
}

export function gone(attempt: number, graphCallId: string, id = 'gone'): KeepAliveObservation {
  return { ...BASE, kind: 'keep-alive', id, attempt, graphCallId, result: 'gone' };
}

export function found(attempt: number, graphCallId: string, state: string): KeepAliveObservation {
  const id = `found-${graphCallId}-${state}`;
  return { ...BASE, kind: 'keep-alive', id, attempt, graphCallId, result: 'found', call: { state } };
}

export function ended(attempt: number, graphCallId: string, result: 'ended' | 'gone' | 'refused'): Observation {
  const error = { httpStatus: 403, code: 'Forbidden', message: 'no' };
  const id = `${graphCallId}-${result}`;
  return { ...BASE, kind: 'end', id, attempt, graphCallId, result, ...(result === 'refused' && { error }) };
}

/** A callback under a message id of Graph's, which is the observation's id too; null: without one. */
export function notification(
  id: string,
  body: string | object,
  attempt = 1,
  messageId: string | null = id,
): NotificationObservation {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return notificationOfBytes(id, Buffer.from(text), { attempt, messageId });
}

/** The same, of any bytes. */
export function notificationOfBytes(
  id: string,
  bytes: Buffer,
  {
    contentType,
    attempt = 1,
    messageId = id,
  }: { readonly contentType?: string | undefined; readonly attempt?: number; readonly messageId?: string | null } = {},
): NotificationObservation {
  const headers = {
    ...(messageId !== null && { 'x-microsoft-skype-message-id': messageId }),
    ...(contentType !== undefined && { 'content-type': contentType }),
  };
  return { ...BASE, kind: 'notification', id, attempt, ...carriedBody(bytes), headers, claims: {} };
}

/** A body with one notification about a call, or about what the path names below it. */
export function bodyOf(graphCallId: string, resourceData: unknown, { changeType = 'updated', below = '' } = {}): object {
  return { value: [{ changeType, resourceUrl: `/communications/calls/${graphCallId}${below}`, resourceData }] };
}

/** Folds them all, the snapshot of each passed on as it would be read back from Kafka. */
export function foldAll(observations: readonly Observation[], before?: History): Folded & { readonly history: History } {
  let history = before;
  const events: CallEvent[] = [];
  const unhandled: string[] = [];
  for (const observation of observations) {
    const folded = foldCall(history, observation);
    history = JSON.parse(JSON.stringify(folded.history)) as History;
    events.push(...folded.events);
    unhandled.push(...folded.unhandled);
  }
  if (history === undefined) throw new Error('nothing to fold');
  return { history, events, unhandled };
}

/** One word an event: its type, or the state with `!` if it is the last one and `?` if it came late. */
export function wordsOf(events: readonly CallEvent[]): string[] {
  return events.map((event) => {
    const late = 'late' in event.data && event.data.late ? '?' : '';
    return event.type === 'CallStateChanged'
      ? `${event.data.state}${event.data.final ? '!' : ''}${late}`
      : `${event.type}${late}`;
  });
}
