import { jest } from '@jest/globals';
import { ACCEPTED, CALL_ID, COMMAND, START_MS } from './testing/dispatches.js';
import { MemoryLog } from './testing/memory-log.js';
import { processOn } from './testing/process-in-memory.js';

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
