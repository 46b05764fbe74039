import type { CreateCallOutcome } from '@callbus/graph';
import { outcomeRecord } from './outcome-record.js';
import { ACCEPTED, dispatchAfter, GRAPH_ERROR, intent, key } from '../testing/dispatches.js';

const unauthorized: CreateCallOutcome = { kind: 'unauthorized', error: { ...GRAPH_ERROR, httpStatus: 401 } };

it.each<[CreateCallOutcome, object]>([
  [
    { kind: 'created', graphCallId: 'graph-1', call: { id: 'graph-1' }, requestId: null },
    { type: 'Created', provenBy: 'response', graphCallId: 'graph-1', call: { id: 'graph-1' } },
  ],
  [
    { kind: 'created', graphCallId: null, call: null, requestId: null },
    { type: 'Created', graphCallId: null, call: null },
  ],
  [
    { kind: 'throttled', retryAfterMs: 1_500, error: GRAPH_ERROR },
    { type: 'Refused', retryAfterMs: 1_500, error: GRAPH_ERROR },
  ],
  [
    { kind: 'rejected', error: GRAPH_ERROR },
    { type: 'Rejected', error: GRAPH_ERROR },
  ],
  [
    { kind: 'not-sent', isUnreachable: true, why: 'no connection' },
    { type: 'NotSent', why: 'no connection' },
  ],
  [
    { kind: 'unknown', why: 'reset' },
    { type: 'Unknown', why: 'reset' },
  ],
])('writes %j into the ledger under the nonce of its Intent', (outcome, record) => {
  expect(outcomeRecord(key(1), outcome, [])).toMatchObject({ ...key(1), ...record });
});

it('tries a new token after a call’s first 401, and gives up after the next', () => {
  expect(outcomeRecord(key(1), unauthorized, [])).toMatchObject({ type: 'Refused', retryAfterMs: 0 });
  const refused = outcomeRecord(key(1), unauthorized, []);
  const { attempts } = dispatchAfter(ACCEPTED, intent(1), refused);
  expect(outcomeRecord(key(2), unauthorized, attempts)).toMatchObject({ type: 'Rejected' });
});

it('does not repeat the address of the callbacks', () => {
  const call = { id: 'graph-1', callbackUri: 'https://example.com/v1/callbacks' };
  const record = outcomeRecord(key(1), { kind: 'created', graphCallId: 'graph-1', call, requestId: null }, []);
  expect(record).toMatchObject({ call: { id: 'graph-1' } });
  expect(JSON.stringify(record)).not.toContain('callbackUri');
});
