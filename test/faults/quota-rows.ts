import { randomUUID } from 'node:crypto';
import { createPeerCall } from '../support/peer-call.js';
import { until } from '../support/stack-for-tests.js';
import type { FaultStack } from './fault-stack.js';
import type { FaultRow } from './row.js';

const QUOTA = 60;
const CROWD = 40;
const SILENT = 10;
/** More than are left of the quota after these two. */
const REST = 15;
/** How often the app tries again before Graph goes on. */
const PROBES = 3;
const RETRY_AFTER_MS = 1_000;

/** A tenant that no other row calls, since limits count per app and tenant. */
function placeIn(system: FaultStack, tenantId: string, count: number, more: object = {}): Promise<string[]> {
  // All calls of one dispatcher, because two dispatchers may together exceed a limit by their reservations.
  const callIds = Array.from({ length: count }, () => system.newCallId('call-dispatcher-1'));
  return system.commands.send(...callIds.map((callId) => createPeerCall(tenantId, { ...more }, callId))).then(() => callIds);
}

/** How often the POSTs of these calls paused for the Retry-After. */
async function pausesOf(system: FaultStack, callIds: readonly string[]): Promise<number> {
  const { posts } = await system.evidence();
  const seen = callIds.flatMap((callId) => posts.of(callId) as unknown as { time: string }[]);
  const times = seen.map(({ time }) => Date.parse(time)).toSorted((a, b) => a - b);
  return times.filter((timeMs, index) => timeMs - (times[index - 1] ?? timeMs) >= RETRY_AFTER_MS).length;
}

/** Graph's limits, and what counts against them. */
export const QUOTA_ROWS: readonly FaultRow[] = [
  {
    id: 'F66',
    fault: 'a storm of 429, then a silent Graph, against a quota of 60 calls a month',
    run: async ({ system, injected, healed }) => {
      const callIds: string[] = [];
      await system.withQuota(QUOTA, async () => {
        const tenantId = randomUUID();
        const match = { tenantId };
        const storm = {
          on: 'create',
          action: 'status',
          status: 429,
          headers: { 'Retry-After': String(RETRY_AFTER_MS / 1_000) },
          times: null,
          match,
        };
        await system.fault(storm);
        const crowd = await placeIn(system, tenantId, CROWD);
        await until('the app has gone on trying', async () => (await pausesOf(system, crowd)) >= PROBES);
        const refused = await system.struck('status');
        await system.clearFaults();
        injected(refused);
        // With a back-off per call only, the whole wave would have come again.
        expect(refused).toBeLessThan(2 * CROWD);
        expect(new Set(await system.outcomes(crowd))).toEqual(new Set(['created']));

        await system.fault({ on: 'create', action: 'never-answer', times: SILENT, match });
        const silent = await placeIn(system, tenantId, SILENT);
        await until('Graph is silent', async () => (await system.struck('never-answer')) === SILENT);
        injected(SILENT);
        expect(new Set(await system.outcomes(silent))).toEqual(new Set(['parked']));

        const notAfter = new Date(Date.now() + 6_000).toISOString();
        const rest = await placeIn(system, tenantId, REST, { notAfter });
        healed();
        const outcomes = await system.outcomes(rest);
        const left = QUOTA - CROWD - SILENT;
        expect(outcomes.toSorted()).toEqual([
          ...Array<string>(left).fill('created'),
          ...Array<string>(REST - left).fill('expired'),
        ]);
        callIds.push(...crowd, ...silent, ...rest);
      });
      return callIds;
    },
  },
];
