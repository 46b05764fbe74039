import { until } from '../support/stack-for-tests.js';
import { whileStopped } from '../support/standstill.js';
import { DISPATCHERS } from './fault-stack.js';
import type { FaultRow } from './row.js';

/** More than the relay works on at once, so that a part of its batch waits in memory when it is paused. */
const CALLS = 300;

/** Processes that are paused and resume after others have done their work. */
export const PAUSE_ROWS: readonly FaultRow[] = [
  {
    id: 'F63',
    fault: 'the relay’s holder paused with a batch in memory, until another one has reported and committed it',
    run: async ({ system, injected, healed, repeats }) => {
      const callIds: string[] = [];
      const pids = system.servicePids();
      for (let times = 0; times < 2 * repeats; times += 1) {
        const holder = await system.untilRelayHeldBy(...DISPATCHERS);
        const others = DISPATCHERS.filter((name) => name !== holder);
        const placed = await system.placeMany(CALLS);
        callIds.push(...placed);
        const isReported = (callId: string): boolean => system.observationsOf(callId).some(({ kind }) => kind === 'accepted');
        await until('the relay has work', () => placed.some((callId) => system.ledger.of(callId).length > 0));
        injected();
        await whileStopped(system.pid(holder), async () => {
          await system.untilRelayHeldBy(...others);
          await until('the other one has reported every call', () => placed.every(isReported));
          await system.untilRelayed();
        });
        await system.untilShared();
      }
      healed();
      await system.outcomes(callIds);
      for (const callId of callIds) {
        const history = await system.events.historyWith(callId, ({ type }) => type === 'CallAccepted');
        const timesTold = (what: string): number => history.filter(({ type }) => type === what).length;
        expect([timesTold('CallAccepted'), Math.max(1, timesTold('CallCreated'))]).toEqual([1, 1]);
      }
      expect(system.servicePids()).toEqual(pids);
      return callIds;
    },
  },
];
