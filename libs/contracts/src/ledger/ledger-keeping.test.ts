import type { Dispatch } from './dispatch.js';
import { ANNOUNCED_MEMORY_MS, isOutlived, LEDGER_MEMORY_MS } from './ledger-keeping.js';
import type { LedgerRecord } from './ledger-records.js';
import { reduce } from './ledger.js';

const callId = '6f9619ff-8b86-4011-b42d-00c04fc964ff';
const tenantId = 'aaaabbbb-0000-4ccc-8ddd-2222eeee3333';
const START_MS = 1_000;
const command = { tenantId, appId: tenantId, notAfterMs: START_MS + 100, ifUnknown: 'park' as const, call: {} };
const accepted: LedgerRecord = { type: 'Accepted', callId, command, requestHash: '1:a' };
const end: LedgerRecord = { type: 'EndRequested', callId, tenantId };

describe('what a fold forgets', () => {
  const known = reduce(undefined, accepted, START_MS).dispatch as Dispatch;
  const announced = reduce(undefined, end, START_MS).dispatch as Dispatch;

  it.each([
    ['a call that was accepted', known, LEDGER_MEMORY_MS],
    ['an end that no call has come for', announced, ANNOUNCED_MEMORY_MS],
  ])('is %s, and no sooner than its time', (_what, dispatch, memoryMs) => {
    expect(isOutlived(dispatch, START_MS, START_MS + memoryMs)).toBe(false);
    expect(isOutlived(dispatch, START_MS, START_MS + memoryMs + 1)).toBe(true);
  });

  it('is never the end of a call that arrived up to a day later and may still dial, whatever the brokers’ clocks say (G9)', () => {
    const [dialsForMs, arrivesWithinMs, clocksDifferByMs] = [24, 24, 24].map((hours) => hours * 60 * 60 * 1_000) as [
      number,
      number,
      number,
    ];
    expect(ANNOUNCED_MEMORY_MS).toBeGreaterThanOrEqual(dialsForMs + arrivesWithinMs + clocksDifferByMs);
  });
});
