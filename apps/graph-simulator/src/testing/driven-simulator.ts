import { randomUUID } from 'node:crypto';
import { CALLING_ROLES, type CreateCallOutcome } from '@callbus/graph';
import type { Json } from '../calls/graph-call.js';
import type { DeliveryRecord, PostRecord } from '../control/records.js';
import { BOT, CALLER, runningSimulator } from './running-simulator.js';
import { exampleRequest } from './samples.js';

export const tenantId = '86dc81db-c112-4228-9222-63f3e5aa1edb';
export const owner = { appId: BOT.clientId, tenantId };

/** What no line of the simulator's log may contain: a token, a secret. */
const SECRET = /eyJ|secret»|the bot’s secret/;

/** A running simulator, and what the tests of one file ask of it. Call `reset` after each test, and `close` after all. */
export async function drivenSimulator() {
  const sim = await runningSimulator();

  const control = async <T>(expected: number, ...order: Parameters<typeof sim.control>): Promise<T> => {
    const { status, body } = await sim.control(...order);
    if (status !== expected) throw new Error(`the simulator answered ${status}: ${JSON.stringify(body)}`);
    return body;
  };
  return {
    ...sim,

    /** Posts an example as the dispatcher would. */
    create: async (example: number, change: Json = {}, callId: string = randomUUID(), token?: string) => {
      const callbackUri = sim.receiver.callbackUri(callId, tenantId, BOT.clientId);
      const body = { ...exampleRequest(example), callbackUri, ...change };
      const value = token ?? (await sim.tokens.get(owner)).value;
      const outcome = await sim.graph.createCall({ token: value, body, callId, clientRequestId: randomUUID() });
      return { callId, outcome };
    },

    /** Registers a further bot. @returns its id */
    register: async (credentials: object): Promise<string> => {
      const clientId = randomUUID();
      await control(204, 'PUT', `apps/${clientId}`, { kind: 'bot', ...credentials });
      return clientId;
    },

    asCaller: () =>
      sim.tokensOf(CALLER.clientId, { kind: 'secret', clientSecret: CALLER.clientSecret }, 'api://callbus/.default'),

    fault: async (order: object): Promise<void> => {
      await control(201, 'POST', 'faults', order);
    },
    postsOf: async (callId: string) => (await control<{ posts: PostRecord[] }>(200, 'GET', `posts?callId=${callId}`)).posts,
    deliveriesOf: async (callId: string) =>
      (await control<{ deliveries: DeliveryRecord[] }>(200, 'GET', `deliveries?callId=${callId}`)).deliveries,
    liveCalls: async () => (await control<{ calls: { id: string; callId: string; state: string }[] }>(200, 'GET', 'calls')).calls,

    reset: async (): Promise<void> => {
      await control(204, 'DELETE', 'faults');
      await control(204, 'DELETE', 'script');
      await control(204, 'PUT', `tenants/${tenantId}`, { roles: CALLING_ROLES });
      sim.receiver.answer = 202;
    },
    close: async (): Promise<void> => {
      await sim.close();
      if (SECRET.test(sim.lines.join(''))) throw new Error('the simulator has logged a token or a secret');
    },
  };
}

/** @throws Error when the call was not created */
export function idOf(outcome: CreateCallOutcome): string {
  if (outcome.kind !== 'created' || outcome.graphCallId === null) throw new Error(`not created: ${JSON.stringify(outcome)}`);
  return outcome.graphCallId;
}

export function toldOf(received: readonly { told: string }[]): string[] {
  return received.map(({ told }) => told);
}
