import { createLogger } from '@callbus/chassis';
import { jest } from '@jest/globals';
import { ACCEPTED, CALL_ID, COMMAND, GRAPH_ERROR, intent, key, START_MS, ORPHAN_MS } from '../testing/dispatches.js';
import { MemoryLog } from '../testing/memory-log.js';
import { processOn } from '../testing/process-in-memory.js';

const ASKED = { callId: CALL_ID, requestHash: '1:00' };
const TOKEN = { value: 'token', expiresAtMs: Infinity, roles: null };

let brokerMs: number;
let log: MemoryLog;

beforeEach(() => {
  brokerMs = START_MS;
  log = new MemoryLog(() => brokerMs);
});

afterEach(() => {
  jest.restoreAllMocks();
});

it('does not POST when reading its Intent back took until after notAfter (G9)', async () => {
  const monotonic = jest.spyOn(performance, 'now').mockReturnValue(0);
  const { ledger, attempts, graph } = await processOn(log);
  brokerMs = COMMAND.notAfterMs - 1;
  expect(attempts.reserve(CALL_ID, COMMAND)).toBeNull();
  log.hold();
  const begun = attempts.begin(ASKED, 1, TOKEN, [ACCEPTED]);
  monotonic.mockReturnValue(2);
  log.release();
  await begun;
  await attempts.drain();
  expect([graph.posts, ledger.get(CALL_ID)?.attempts.map(({ state }) => state)]).toEqual([[], ['not-sent']]);
});

it('does not POST for a command with the token of another one of the same callId', async () => {
  const { ledger, attempts, graph } = await processOn(log);
  await ledger.append(CALL_ID, [ACCEPTED]);
  const rival = { callId: CALL_ID, requestHash: '1:01' };
  const command = { ...COMMAND, tenantId: '99999999-9999-4999-8999-999999999999' };
  expect(attempts.reserve(CALL_ID, command)).toBeNull();
  await attempts.begin(rival, 1, TOKEN, [{ type: 'Accepted', command, ...rival }]);
  await attempts.drain();
  expect(graph.posts).toEqual([]);
  expect(ledger.get(CALL_ID)).toMatchObject({ phase: 'waiting', attempts: [{ state: 'not-sent' }] });
});

it('does not POST when another process has the call’s next attempt (G1)', async () => {
  jest.spyOn(performance, 'now').mockReturnValue(0);
  const { ledger, attempts, graph } = await processOn(log);
  expect(attempts.reserve(CALL_ID, COMMAND)).toBeNull();
  let connect = (): void => undefined;
  graph.connected = new Promise((resolve) => (connect = resolve));
  await attempts.begin(ASKED, 1, TOKEN, [ACCEPTED]);
  brokerMs += ORPHAN_MS + 1;
  await ledger.append(CALL_ID, [
    { type: 'Unknown', callId: CALL_ID, attempt: 1, why: 'its process died' },
    { type: 'Released', callId: CALL_ID, attempt: 1, by: 'policy' },
    intent(2),
  ]);
  connect();
  await attempts.drain();
  expect(graph.posts).toEqual([]);
  expect(ledger.get(CALL_ID)).toMatchObject({
    phase: 'open',
    attempts: [{ state: 'not-sent' }, { nonce: key(2).nonce, state: 'open' }],
  });
});

it('says in the log what Graph answered, but not in its words, which may repeat a phone number (G8)', async () => {
  const lines: string[] = [];
  const { attempts, graph, ledger } = await processOn(
    log,
    createLogger('test', 'info', (line) => lines.push(line)),
  );
  const error = { httpStatus: 503, code: 'ServiceUnavailable', message: 'cannot reach +4930123456', requestId: 'request-1' };
  graph.answer = { kind: 'unknown', why: `Graph answered 503: ${error.message}`, error };
  expect(attempts.reserve(CALL_ID, COMMAND)).toBeNull();
  await attempts.begin(ASKED, 1, TOKEN, [ACCEPTED]);
  await attempts.drain();
  expect(ledger.get(CALL_ID)?.phase).toBe('unknown');
  expect(lines.join()).toContain('"requestId":"request-1"');
  expect(lines.join()).not.toContain('+4930');
});

it('probes with one create after Graph asked the app to wait, whichever process got that answer', async () => {
  const { ledger, attempts } = await processOn(log);
  const throttled = { type: 'Refused', ...key(1), retryAfterMs: 0, error: GRAPH_ERROR } as const;
  await ledger.append(CALL_ID, [ACCEPTED, intent(1), throttled]);
  expect(attempts.reserve('another', COMMAND)).toBeNull();
  expect(attempts.reserve(CALL_ID, COMMAND)).toMatch(/slowly/);
  attempts.giveBack('another');
  expect(attempts.reserve(CALL_ID, COMMAND)).toBeNull();
});
