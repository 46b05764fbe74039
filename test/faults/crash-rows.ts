import { until } from '../support/stack-for-tests.js';
import { whileStopped } from '../support/standstill.js';
import { DISPATCHERS, ORPHAN_MS, PROXIED, SEQUENCER, TIMES, type Dispatcher } from './fault-stack.js';
import type { FaultRow, RowContext } from './row.js';

const VICTIM: Dispatcher = 'call-dispatcher-2';

/** Places a call of the victim's that kills it, and starts it again, as often as is wanted. @returns the calls */
async function killedBy(
  { system, injected, healed, repeats }: RowContext,
  kill: (callId: string) => Promise<void>,
): Promise<string[]> {
  const callIds: string[] = [];
  for (let times = 0; times < repeats; times += 1) {
    const callId = system.newCallId(VICTIM);
    callIds.push(callId);
    await kill(callId);
    injected();
    await system.restart(VICTIM);
    await system.untilShared();
  }
  healed();
  return callIds;
}

/** The simulator kills it when it sees this create. */
function killedBySimulator(context: RowContext, when: 'received' | 'created' | 'answered'): Promise<string[]> {
  const { system } = context;
  return killedBy(context, async (callId) => {
    await system.fault({ on: 'create', action: 'kill', when, pid: system.pid(VICTIM), match: { callId } });
    await system.commands.send(system.createCall(callId));
    await system.untilDead(VICTIM);
  });
}

/** Processes that die, or stand still, at the worst of moments. */
export const CRASH_ROWS: readonly FaultRow[] = [
  {
    id: 'F1',
    fault: 'kill -9 after poll, before the intent',
    run: async ({ system, random, injected, healed, repeats }) => {
      const callIds: string[] = [];
      for (let times = 0; times < 2 * repeats; times += 1) {
        callIds.push(...(await system.placeMany(4, { of: VICTIM })));
        // From before the records are polled until after their Intents are written.
        const records = random.between(0, 4);
        await until('some were read', () => callIds.filter((id) => system.commandLog.of(id).length > 0).length >= records);
        await system.kill(VICTIM);
        injected();
        await system.restart(VICTIM);
        await system.untilShared();
      }
      healed();
      await system.outcomes(callIds);
      return callIds;
    },
  },
  {
    id: 'F2',
    fault: 'kill -9 after the intent is acknowledged, before the POST',
    run: async (context) => {
      const { system } = context;
      const callIds = await killedBy(context, async (callId) => {
        system.graph.set('hold');
        await system.commands.send(system.createCall(callId));
        await system.untilLedger(callId, 'Intent');
        await system.kill(VICTIM);
        system.graph.heal();
      });
      expect(new Set(await system.outcomes(callIds))).toEqual(new Set(['parked']));
      for (const callId of callIds) expect(await system.postsOf(callId)).toHaveLength(0);
      return callIds;
    },
  },
  {
    id: 'F3',
    fault: 'kill -9 while the POST is in flight, nothing created',
    run: async (context) => {
      const { system } = context;
      const callIds = await killedBySimulator(context, 'received');
      expect(new Set(await system.outcomes(callIds))).toEqual(new Set(['parked']));
      for (const callId of callIds) expect(await system.postsOf(callId)).toHaveLength(1);
      return callIds;
    },
  },
  {
    id: 'F4',
    fault: 'kill -9 after Graph created, before the reply',
    run: async (context) => {
      const { system } = context;
      const callIds = await killedBySimulator(context, 'created');
      expect(new Set(await system.outcomes(callIds))).toEqual(new Set(['created']));
      for (const callId of callIds) expect(await system.postsOf(callId)).toHaveLength(1);
      for (const callId of callIds) await system.untilLedger(callId, 'Created');
      return callIds;
    },
  },
  {
    id: 'F5',
    fault: 'kill -9 after the reply, before the outcome is written',
    run: async (context) => {
      const { system } = context;
      const callIds = await killedBySimulator(context, 'answered');
      expect(new Set(await system.outcomes(callIds))).toEqual(new Set(['created']));
      for (const callId of callIds) expect(await system.postsOf(callId)).toHaveLength(1);
      return callIds;
    },
  },
  {
    id: 'F6',
    fault: 'kill -9 of all dispatchers after the outcome, before its observation',
    run: async ({ system, injected, healed, repeats }) => {
      const callIds: string[] = [];
      for (let times = 0; times < repeats; times += 1) {
        const callId = await system.place({ of: VICTIM });
        callIds.push(callId);
        await system.untilLedger(callId, 'Created');
        await Promise.all(DISPATCHERS.map((name) => system.kill(name)));
        injected();
        await Promise.all(DISPATCHERS.map((name) => system.restart(name)));
        await system.untilShared();
      }
      healed();
      for (const callId of callIds) {
        const history = await system.events.historyWith(callId, ({ type }) => type === 'CallCreated');
        expect(history.filter(({ type }) => type === 'CallCreated')).toHaveLength(1);
        await system.events.historyWith(callId, ({ type }) => type === 'CallAccepted');
      }
      return callIds;
    },
  },
  {
    id: 'F7',
    fault: 'kill -9 of the sequencer after the event, before the commit',
    run: async ({ system, injected, healed, repeats }) => {
      const callIds: string[] = [];
      for (let times = 0; times < repeats; times += 1) {
        const callId = await system.place();
        callIds.push(callId);
        await until('an event shows', () => system.events.of(callId).length > 0);
        await system.kill(SEQUENCER);
        injected();
        await system.restart(SEQUENCER);
      }
      healed();
      for (const callId of callIds) {
        const history = await system.events.ended(callId);
        const bySequence = new Map(history.map(({ sequence, id }) => [sequence, id]));
        for (const { sequence, id } of history) expect(id).toBe(bySequence.get(sequence));
      }
      return callIds;
    },
  },
  {
    id: 'F8',
    fault: 'SIGSTOP between intent and POST, the partner takes over, SIGCONT',
    run: async ({ system, injected, healed }) => {
      system.graph.set('hold');
      const callId = system.newCallId(VICTIM);
      await system.commands.send(system.createCall(callId));
      await system.untilLedger(callId, 'Intent');
      injected();
      await whileStopped(system.pid(VICTIM), async () => {
        system.graph.heal();
        await system.untilLedger(callId, 'Unknown', ORPHAN_MS + 20_000);
        expect(await system.postsOf(callId)).toHaveLength(0);
      });
      healed();
      // Its own word that nothing was sent comes late and still counts; the next attempt is then a new one.
      await system.outcomes([callId]);
      return [callId];
    },
  },
  {
    id: 'F9',
    fault: 'a zombie: SIGSTOP past the session timeout with a batch in memory',
    run: async ({ system, injected, healed }) => {
      const callIds = await system.placeMany(200, { of: VICTIM });
      await until('the first is taken', () => callIds.some((callId) => system.ledger.of(callId).length > 0));
      injected();
      const partner = system.newCallId(PROXIED);
      await whileStopped(system.pid(VICTIM), async () => {
        await system.commands.send(system.createCall(partner));
        await system.untilOwnedBy(PROXIED);
        await until('the partner has taken every command', () => callIds.every((id) => system.ledger.of(id).length > 0), 60_000);
      });
      healed();
      await system.outcomes([...callIds, partner]);
      return [...callIds, partner];
    },
  },
  {
    id: 'F10',
    fault: 'a rebalance storm: a dispatcher goes and comes again and again, by kill -9 and by SIGTERM',
    run: async ({ system, injected, healed, repeats }) => {
      const callIds: string[] = [];
      for (let times = 0; times < 5 * repeats; times += 1) {
        callIds.push(...(await system.placeMany(6)));
        if (times % 2 === 0) await system.kill(VICTIM);
        await system.restart(VICTIM);
        injected();
      }
      healed();
      await system.outcomes(callIds);
      return callIds;
    },
  },
  {
    id: 'F11',
    fault: 'a POST slower than the session timeout',
    run: async ({ system, injected, healed }) => {
      const callId = system.newCallId(VICTIM);
      await system.fault({ on: 'create', action: 'hold', ms: TIMES.sessionMs + 1_000, match: { callId } });
      await system.commands.send(system.createCall(callId));
      injected();
      expect(await system.outcomes([callId])).toEqual(['created']);
      healed();
      expect(await system.postsOf(callId)).toHaveLength(1);
      await system.untilShared();
      return [callId];
    },
  },
  {
    id: 'F31',
    fault: 'SIGTERM under load at random moments',
    run: async ({ system, random, injected, healed }) => {
      const callIds: string[] = [];
      for (let times = 0; times < 3; times += 1) {
        const placed = await system.placeMany(20);
        callIds.push(...placed);
        const taken = random.between(0, 20);
        await until('so many are taken', () => placed.filter((id) => system.ledger.of(id).length > 0).length >= taken);
        const before = system.stack.launcher.output.length;
        process.kill(system.pid(VICTIM), 'SIGTERM');
        await system.untilDead(VICTIM);
        injected();
        await until('its exit is told', () =>
          /call-dispatcher-2 .* (exited|was ended)/.test(system.stack.launcher.output.slice(before)),
        );
        expect(system.stack.launcher.output.slice(before)).toContain('exited with code 0');
        await system.restart(VICTIM);
      }
      healed();
      expect(new Set(await system.outcomes(callIds))).toEqual(new Set(['created']));
      for (const callId of callIds) expect(system.ledgerTypes(callId)).not.toContain('Unknown');
      return callIds;
    },
  },
];
