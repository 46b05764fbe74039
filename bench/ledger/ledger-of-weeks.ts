import { randomUUID } from 'node:crypto';
import { encodeLedgerRecord, type LedgerRecord } from '@callbus/contracts';

export interface LedgerMessage {
  readonly key: string;
  readonly value: Buffer;
}

const TENANT_ID = '8d6f3f0e-5b0c-4c8e-9a43-6f1d3c2b7a10';
const APP_ID = '2891555a-92ff-42e6-80fa-6e1300c6b5c6';
const NO = { httpStatus: 429, code: 'TooManyRequests', message: 'Slow down.' };
/** One of so many calls has as large a body as is allowed. */
const LARGE_ONE_OF = 200;
const LARGE_MEMBER = 'x'.repeat(4_000);
const LARGE_MEMBERS = Array.from({ length: 15 }, (_, index) => `note${index}`);

/**
 * Calls that are over, four records each on average, until there are so many records: most of them created and ended; some after
 * another attempt, some rejected, some expired.
 */
export function* ledgerOfWeeks(records: number, onCall: (callId: string) => void): Generator<LedgerMessage> {
  let written = 0;
  for (let number = 0; written < records; number += 1) {
    const callId = randomUUID();
    onCall(callId);
    for (const record of lifeOf(callId, number)) {
      written += 1;
      yield { key: callId, value: encodeLedgerRecord(record) };
    }
  }
}

function lifeOf(callId: string, number: number): LedgerRecord[] {
  const [first, second] = [keyOf(callId, 1), keyOf(callId, 2)] as const;
  const command = { tenantId: TENANT_ID, appId: APP_ID, notAfterMs: 0, ifUnknown: 'park' as const, call: bodyOf(number) };
  const accepted: LedgerRecord = { type: 'Accepted', callId, command, requestHash: `1:${hexadecimal(64)}` };
  switch (number % 10) {
    case 0:
      return [accepted, { type: 'Expired', callId, why: 'notAfter passed before the call could be dialled' }];
    case 1:
      return [
        accepted,
        intent(first),
        { type: 'Refused', ...first, retryAfterMs: 1_000, error: NO },
        intent(second),
        { type: 'Rejected', ...second, error: NO },
      ];
    case 2:
      return [accepted, intent(first), { type: 'NotSent', ...first, why: 'no connection' }, intent(second), created(second)];
    default:
      return [accepted, intent(first), created(first), { type: 'EndRequested', callId, tenantId: TENANT_ID }];
  }
}

interface Key {
  readonly callId: string;
  readonly attempt: number;
  readonly nonce: string;
}

function keyOf(callId: string, attempt: number): Key {
  return { callId, attempt, nonce: randomUUID() };
}

function intent(key: Key): LedgerRecord {
  return { type: 'Intent', ...key, deadlineMs: 10_000, orphanMs: 40_000 };
}

function created(key: Key): LedgerRecord {
  return { type: 'Created', ...key, provenBy: 'response', graphCallId: randomUUID(), call: { state: 'establishing' } };
}

function bodyOf(number: number): Record<string, unknown> {
  const large = number % LARGE_ONE_OF === 0 ? LARGE_MEMBERS : [];
  return {
    '@odata.type': '#microsoft.graph.call',
    targets: [
      {
        '@odata.type': '#microsoft.graph.invitationParticipantInfo',
        identity: {
          '@odata.type': '#microsoft.graph.identitySet',
          user: { '@odata.type': '#microsoft.graph.identity', id: randomUUID(), displayName: 'Somebody' },
        },
      },
    ],
    requestedModalities: ['audio'],
    mediaConfig: { '@odata.type': '#microsoft.graph.serviceHostedMediaConfig' },
    tenantId: TENANT_ID,
    ...Object.fromEntries(large.map((name) => [name, LARGE_MEMBER])),
  };
}

function hexadecimal(digits: number): string {
  return (randomUUID() + randomUUID() + randomUUID()).replaceAll('-', '').slice(0, digits);
}
