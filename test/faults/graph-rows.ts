import { randomUUID } from 'node:crypto';
import { createPeerCall, peerCall } from '../support/peer-call.js';
import type { HistoryEvent } from '../support/plain-kafka.js';
import { until } from '../support/stack-for-tests.js';
import { whileStopped } from '../support/standstill.js';
import { DISPATCHERS, partitionOfKey, PROXIED, SEQUENCER, type FaultStack } from './fault-stack.js';
import type { FaultRow } from './row.js';

const CROWD = 2_000;

/** A call of several users: only such a call has a roster. */
function groupCall(tenantId: string): object {
  const targets = [randomUUID(), randomUUID()].map((id) => {
    const user = { '@odata.type': '#microsoft.graph.identity', id };
    const identity = { '@odata.type': '#microsoft.graph.identitySet', user };
    return { '@odata.type': '#microsoft.graph.invitationParticipantInfo', identity };
  });
  return { ...peerCall(tenantId), targets };
}

async function placedUnder(system: FaultStack, fault: Readonly<Record<string, unknown>>): Promise<string> {
  const callId = system.newCallId();
  await system.fault({ on: 'create', match: { callId }, ...fault });
  await system.commands.send(system.createCall(callId));
  return callId;
}

/** Graph, or the way to it, that fails. */
export const GRAPH_ROWS: readonly FaultRow[] = [
  {
    id: 'F12',
    fault: 'the reply is lost: reset after the request was read',
    run: async ({ system, injected, healed }) => {
      const lost = await placedUnder(system, { action: 'reset-after-read' });
      const created = await placedUnder(system, { action: 'create-then-reset' });
      injected(2);
      healed();
      expect(await system.outcomes([lost, created])).toEqual(['parked', 'created']);
      for (const callId of [lost, created]) expect(await system.postsOf(callId)).toHaveLength(1);
      return [lost, created];
    },
  },
  {
    id: 'F13',
    fault: 'a truncated 201: after the status line, after the headers, inside the body',
    run: async ({ system, injected, healed }) => {
      const cuts = ['status-line', 'headers', 'half-body'];
      const callIds = await Promise.all(cuts.map((cut) => placedUnder(system, { action: 'truncate-201', cut })));
      injected(cuts.length);
      healed();
      expect(await system.outcomes(callIds)).toEqual(cuts.map(() => 'created'));
      for (const callId of callIds) await system.untilLedger(callId, 'Created');
      return callIds;
    },
  },
  {
    id: 'F14',
    fault: '429 with Retry-After, and a burst of 503',
    run: async ({ system, injected, healed }) => {
      await system.fault({ on: 'create', action: 'status', status: 429, headers: { 'Retry-After': '2.5' }, times: null });
      const callIds = await system.placeMany(100);
      // A throttled app tries with one call at a time, so how many are refused depends on how many it had sent by then.
      await until('calls are throttled', async () => (await system.struck()) >= 2);
      injected(await system.struck());
      await system.clearFaults();
      await system.fault({ on: 'create', action: 'status', status: 503, times: 10 });
      injected(10);
      healed();
      const outcomes = await system.outcomes(callIds);
      const counted = outcomes.reduce<Record<string, number>>((sum, one) => ({ ...sum, [one]: (sum[one] ?? 0) + 1 }), {});
      expect(counted).toEqual({ created: 90, parked: 10 });
      const { posts } = await system.evidence();
      for (const callId of callIds) {
        const mine = posts.of(callId) as unknown as {
          time: string;
          answered: { status: number };
        }[];
        const refused = mine.findIndex(({ answered }) => answered.status === 429);
        const next = mine[refused + 1];
        if (refused < 0 || next === undefined) continue;
        expect(Date.parse(next.time) - Date.parse(mine[refused]!.time)).toBeGreaterThanOrEqual(2_500);
      }
      return callIds;
    },
  },
  {
    id: 'F15',
    fault: '500 after creating',
    run: async ({ system, injected, healed }) => {
      const callId = await placedUnder(system, { action: 'create-then-500' });
      injected();
      healed();
      expect(await system.outcomes([callId])).toEqual(['created']);
      expect(await system.postsOf(callId)).toHaveLength(1);
      return [callId];
    },
  },
  {
    id: 'F16',
    fault: 'Graph is down: connections are refused',
    run: async ({ system, injected, healed }) => {
      system.graph.set('refuse');
      injected();
      const callIds = await system.placeMany(30);
      const notSent = (): number => callIds.filter((callId) => system.ledgerTypes(callId).includes('NotSent')).length;
      await until('attempts were made in vain', () => notSent() > 0);
      await until('all are accepted', () => callIds.every((callId) => system.ledgerTypes(callId).includes('Accepted')));
      system.graph.heal();
      healed();
      expect(new Set(await system.outcomes(callIds))).toEqual(new Set(['created']));
      for (const callId of callIds) expect(await system.postsOf(callId)).toHaveLength(1);
      return callIds;
    },
  },
  {
    id: 'F17',
    fault: 'the token endpoint is down; a token is refused in flight (401)',
    run: async ({ system, injected, healed }) => {
      system.authority.set('refuse');
      injected();
      // Processes that have just begun have no token.
      await Promise.all(DISPATCHERS.map((name) => system.restart(name)));
      const callId = await system.place();
      await system.untilLedger(callId, 'Accepted');
      const marker = await system.place();
      await system.untilLedger(marker, 'Accepted');
      expect(system.ledgerTypes(callId)).toEqual(['Accepted']);
      system.authority.heal();
      healed();
      expect(await system.outcomes([callId, marker])).toEqual(['created', 'created']);
      const tries = DISPATCHERS.map(
        (name) => system.stack.log(name).split('no token could be had; it is asked for again').length - 1,
      );
      expect(Math.max(...tries)).toBeGreaterThan(0);
      expect(Math.max(...tries)).toBeLessThan(10);

      const refused = await placedUnder(system, { action: 'status', status: 401 });
      injected();
      expect(await system.outcomes([refused])).toEqual(['created']);
      expect(system.ledgerTypes(refused)).toEqual(['Accepted', 'Intent', 'Refused', 'Intent', 'Created']);
      expect((await system.postsOf(refused)).map(({ answered }) => answered?.status)).toEqual([401, 201]);

      const refusedAgain = await placedUnder(system, { action: 'status', status: 401, times: 2 });
      expect(await system.outcomes([refusedAgain])).toEqual(['rejected']);
      return [callId, marker, refused, refusedAgain];
    },
  },
  {
    id: 'F38',
    fault: 'callbacks before the 201, out of order, three times each',
    run: async ({ system, injected, healed }) => {
      const early = system.newCallId();
      await system.fault({ on: 'create', when: 'created', action: 'hold', ms: 1_000, match: { callId: early } });
      await system.fault({ on: 'callback', action: 'duplicate', count: 3, times: null, match: { callId: early } });
      const swapped = system.newCallId();
      await system.fault({ on: 'callback', action: 'reorder', times: 2, match: { callId: swapped } });
      injected(3);
      await system.commands.send(system.createCall(early), system.createCall(swapped));
      healed();
      expect(await system.outcomes([early, swapped])).toEqual(['created', 'created']);
      for (const callId of [early, swapped]) {
        const history = await system.events.ended(callId);
        expect(history.filter(({ type }) => type === 'CallCreated')).toHaveLength(1);
        expect(history.filter(({ data }) => data['final'] === true)).toHaveLength(1);
      }
      return [early, swapped];
    },
  },
  {
    id: 'F36',
    fault: 'wall clocks ten minutes wrong, one dispatcher each way',
    run: async ({ system, injected, healed }) => {
      injected(2);
      healed();
      const in30s = new Date(Date.now() + 30_000).toISOString();
      const ago5s = new Date(Date.now() - 5_000).toISOString();
      const fresh = DISPATCHERS.map((of) => [of, system.newCallId(of)] as const);
      const stale = DISPATCHERS.map((of) => [of, system.newCallId(of)] as const);
      await system.commands.send(
        ...fresh.map(([, callId]) => system.createCall(callId, { notAfter: in30s })),
        ...stale.map(([, callId]) => system.createCall(callId, { notAfter: ago5s })),
      );
      const [dialled, expired] = [fresh, stale].map((all) => all.map(([, callId]) => callId)) as [string[], string[]];
      expect(await system.outcomes(dialled)).toEqual(['created', 'created']);
      expect(await system.outcomes(expired)).toEqual(['expired', 'expired']);
      for (const callId of expired) expect(await system.postsOf(callId)).toHaveLength(0);
      return [...dialled, ...expired];
    },
  },
  {
    id: 'F44',
    fault: 'a roster of 2,000 participants',
    run: async ({ system, injected, healed }) => {
      const callId = system.newCallId();
      const beside = system.newCallIdIn(partitionOfKey(callId));
      await system.script({ roster: [{ afterMs: 50, crowd: CROWD }], match: { callId } });
      const { tenantId } = system.stack.file.caller;
      await system.commands.send(createPeerCall(tenantId, { call: groupCall(tenantId) }, callId), system.createCall(beside));
      injected();
      healed();
      expect(await system.outcomes([callId, beside])).toEqual(['created', 'created']);
      const joined = ({ data }: HistoryEvent): number => (Array.isArray(data['joined']) ? data['joined'].length : 0);
      const crowds = (await system.events.ended(callId)).filter((event) => joined(event) === CROWD);
      expect(crowds.map(({ type }) => type)).toEqual(['RosterUpdated']);
      await system.events.ended(beside);
      return [callId, beside];
    },
  },
  {
    id: 'F41',
    fault: 'a callback is stored while the sequencer stands still, and the command says redial',
    run: async ({ system, injected, healed }) => {
      const callId = system.newCallId(PROXIED);
      injected();
      await whileStopped(system.pid(SEQUENCER), async () => {
        await system.fault({ on: 'create', action: 'create-then-reset', match: { callId } });
        await system.commands.send(system.createCall(callId, { ifUnknown: 'redial' }));
        await system.untilLedger(callId, 'Unknown');
        const graceOvers = (): number => system.observationsOf(callId).filter(({ kind }) => kind === 'grace-over').length;
        await until('the grace period is over', () => graceOvers() > 0);
        expect(system.ledgerTypes(callId)).not.toContain('Released');
      });
      healed();
      expect(await system.outcomes([callId])).toEqual(['created']);
      await system.untilLedger(callId, 'Created');
      expect(await system.postsOf(callId)).toHaveLength(1);
      return [callId];
    },
  },
];
