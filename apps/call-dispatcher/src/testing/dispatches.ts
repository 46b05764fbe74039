import { reduce, type Dispatch, type LedgerCommand, type LedgerRecord } from '@callbus/contracts';

export const CALL_ID = 'b4a53e9e-4a0c-4c6c-9d52-7a3b0f4f7a11';
export const TENANT_ID = '8d6f3f0e-5b0c-4c8e-9a43-6f1d3c2b7a10';
export const APP_ID = '2891555a-92ff-42e6-80fa-6e1300c6b5c6';
/** When the command was accepted, ms since 1970. */
export const START_MS = Date.UTC(2026, 0, 1);
export const DEADLINE_MS = 10_000;
export const ORPHAN_MS = 40_000;

export const COMMAND: LedgerCommand = {
  tenantId: TENANT_ID,
  appId: APP_ID,
  notAfterMs: START_MS + 120_000,
  ifUnknown: 'park',
  call: {
    '@odata.type': '#microsoft.graph.call',
    targets: [{ identity: { user: { id: '112f7296-5fa4-42ca-bae8-6a692b15d4b8' } } }],
    mediaConfig: { '@odata.type': '#microsoft.graph.serviceHostedMediaConfig' },
  },
};

export const ACCEPTED: LedgerRecord = { type: 'Accepted', callId: CALL_ID, command: COMMAND, requestHash: '1:00' };
export const END_REQUESTED: LedgerRecord = { type: 'EndRequested', callId: CALL_ID, tenantId: TENANT_ID };
export const GRAPH_ERROR = { httpStatus: 429, code: 'TooManyRequests', message: 'Slow down.' };

export function nonceOf(attempt: number): string {
  return `00000000-0000-4000-8000-${String(attempt).padStart(12, '0')}`;
}

export function intent(attempt: number): LedgerRecord {
  const nonce = nonceOf(attempt);
  return { type: 'Intent', callId: CALL_ID, attempt, nonce, deadlineMs: DEADLINE_MS, orphanMs: ORPHAN_MS };
}

/** What the nonce's process writes of its attempt. */
export function key(attempt: number): { callId: string; attempt: number; nonce: string } {
  return { callId: CALL_ID, attempt, nonce: nonceOf(attempt) };
}

/** The call after these records, each appended one second after the one before it, the first at START_MS. */
export function dispatchAfter(...records: readonly LedgerRecord[]): Dispatch {
  let dispatch: Dispatch | undefined;
  for (const [index, record] of records.entries()) dispatch = reduce(dispatch, record, START_MS + index * 1_000).dispatch;
  if (dispatch === undefined) throw new Error('these records say nothing of a call');
  return dispatch;
}
