import { readFileSync } from 'node:fs';
import type { DispatchPhase } from '@callbus/contracts';
import { outcomeOf } from '@callbus/graph';
import { outcomeRecord } from './outcome-record.js';
import { ACCEPTED, dispatchAfter, intent, key } from '../testing/dispatches.js';

// What Graph is documented, or was seen, to answer to a create; and what the ledger makes of each.
const sample = (name: string): string =>
  readFileSync(new URL(`../../../../libs/graph/fixtures/create-call/${name}.json`, import.meta.url), 'utf8');
const recordOf = (status: number, body: string) =>
  outcomeRecord(key(1), outcomeOf({ stage: 'answered', status, headers: {}, body }), []);

it.each([
  ['seed-ex1-response', '2e1a0b00-2db4-4022-9570-243709c565ab'],
  ['seed-ex2-response', '2e1a0b00-2db4-4022-9570-243709c565ab'],
  ['seed-ex5-response', '2f1a1100-b174-40a0-aba7-0b405e01ed92'],
  ['seed-ex7-response', '2e1a0b00-2db4-4022-9570-243709c565ab'],
  ['seed-ex8-response', '2e1a0b00-2db4-4022-9570-243709c565ab'],
])('%s is a call that Graph made', (name, graphCallId) => {
  const record = recordOf(201, sample(name));
  expect(record).toMatchObject({ type: 'Created', provenBy: 'response', graphCallId, call: { state: 'establishing' } });
  expect(dispatchAfter(ACCEPTED, intent(1), record)).toMatchObject({
    phase: 'created',
    attempts: [{ attempt: 1, state: 'created', graphCallId }],
  });
});

it.each<[string, number, string, string, DispatchPhase]>([
  ['error-403-7503-not-registered-nested', 403, '7503', 'rejected', 'rejected'],
  ['error-403-7504-insufficient-permissions', 403, '7504', 'rejected', 'rejected'],
  ['error-403-7505-tenant-mismatch', 403, '7505', 'rejected', 'rejected'],
  ['error-7507-source-identity-invalid', 400, '7507', 'rejected', 'rejected'],
  ['error-429-8529-monthly-limit-nested', 429, '8529', 'rejected', 'rejected'],
  ['error-429-generic-throttle', 429, 'TooManyRequests', 'refused', 'waiting'],
])('%s with %i has the code %s, closes the attempt as %s and leaves the call %s', (name, status, code, state, phase) => {
  const record = recordOf(status, sample(name));
  expect(record).toMatchObject({ error: { httpStatus: status, code } });
  expect(dispatchAfter(ACCEPTED, intent(1), record)).toMatchObject({ phase, attempts: [{ state, httpStatus: status }] });
});

it('error-500-9999-unknown leaves it unknown whether there is a call', () => {
  const record = recordOf(500, sample('error-500-9999-unknown'));
  expect(record).toMatchObject({ type: 'Unknown', why: expect.stringContaining('9999') });
  expect(dispatchAfter(ACCEPTED, intent(1), record)).toMatchObject({ phase: 'unknown', attempts: [{ state: 'unknown' }] });
});
