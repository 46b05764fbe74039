import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { outcomeRecord } from '../apps/call-dispatcher/src/dialling/outcome-record.js';
import { callAnswer } from '../apps/gateway/src/calls/call-resource.js';
import { knownCallOf } from '../apps/gateway/src/calls/known-call.js';
import { PROJECT_ROOT } from '../apps/local-stack/src/places.js';
import { foldCall } from '../apps/notification-ingest/src/sequencer/fold/fold-call.js';
import { decodeSnapshot, encodeSnapshot, FOLD_VERSION, type Observation } from '@callbus/contracts';
import { outcomeOf } from '@callbus/graph';

const FOLDER = join(PROJECT_ROOT, 'libs/graph/fixtures/create-call');
const RESPONSES = readdirSync(FOLDER).filter((name) => name.endsWith('-response.json'));
const CALL_ID = '6f9619ff-8b86-4011-b42d-00c04fc964ff';
const TENANT_ID = 'aa67bd4c-8475-432d-bd41-39f255720e0a';
const ATTEMPT = { callId: CALL_ID, attempt: 1 };

/** What the gateway answers when Graph has answered this: through the ledger’s record, the fold and its snapshot. */
function answerAfter(body: string): object {
  const outcome = outcomeOf({ stage: 'answered', status: 201, headers: {}, body });
  const record = outcomeRecord({ ...ATTEMPT, nonce: 'n' }, outcome, []);
  if (record.type !== 'Created') throw new Error(`Graph’s answer is ${record.type}`);
  const { graphCallId = null, call = null } = record;
  const observation: Observation = {
    ...{ kind: 'outcome', id: 'ledger-1-created', outcome: 'created', provenBy: 'response', graphCallId, call },
    ...{ ...ATTEMPT, tenantId: TENANT_ID, appId: CALL_ID, receivedAt: '2026-11-24T12:00:00.000Z' },
  };
  const { history } = foldCall(undefined, observation);
  const snapshot = decodeSnapshot(encodeSnapshot({ ...history, callId: CALL_ID, offset: 1, foldVersion: FOLD_VERSION }));
  return callAnswer(knownCallOf(snapshot));
}

it('has responses of Graph to compare with', () => {
  expect(RESPONSES).toHaveLength(5);
});

it.each(RESPONSES)('the gateway’s 201 has every member of Graph’s, but for the id and the callbackUri: %s', (name) => {
  const body = readFileSync(join(FOLDER, name), 'utf8');
  const { callbackUri, id, ...graphs } = JSON.parse(body) as Record<string, unknown>;
  const answer = answerAfter(body);
  expect(answer).toMatchObject({ ...graphs, id: CALL_ID, graphCallId: id });
  expect(JSON.stringify(answer)).not.toContain(callbackUri);
});
