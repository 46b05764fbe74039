import { randomUUID } from 'node:crypto';
import { CALLING_ROLES } from '@callbus/graph';
import type { Json } from './graph-call.js';
import { drivenSimulator, idOf, owner, tenantId, toldOf } from '../testing/driven-simulator.js';
import { BOT, CALLER, runningSimulator } from '../testing/running-simulator.js';
import { exampleRequest } from '../testing/samples.js';

const sim = await drivenSimulator();
const { create, asCaller, liveCalls } = sim;

afterEach(() => sim.reset());
afterAll(() => sim.close());

describe('as Graph', () => {
  it('answers 201 with Location, Graph’s headers and the call', async () => {
    const callId = randomUUID();
    const callbackUri = sim.receiver.callbackUri(callId, tenantId, BOT.clientId);
    const answer = await fetch(`${sim.url}/v1.0/communications/calls`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${(await sim.tokens.get(owner)).value}`,
        'content-type': 'application/json',
        'client-request-id': 'c-1',
        'scenario-id': callId,
      },
      body: JSON.stringify({ ...exampleRequest(1), callbackUri }),
    });
    const call = (await answer.json()) as Json;
    expect(answer.status).toBe(201);
    expect(call).toMatchObject({ state: 'establishing', callbackUri });
    expect(answer.headers.get('location')).toBe(`${sim.url}/v1.0/communications/calls/${String(call['id'])}`);
    expect(answer.headers.get('client-request-id')).toBe('c-1');
    expect(answer.headers.get('scenario-id')).toBe(callId);
    expect(answer.headers.get('request-id')).toMatch(/^[0-9a-f-]{36}$/);
    await sim.receiver.untilTold(callId, 'terminated');
  });

  it.each([1, 2, 7, 8])('plays example %d, a call between two: no roster', async (example) => {
    const { callId, outcome } = await create(example);
    idOf(outcome);
    expect(toldOf(await sim.receiver.untilTold(callId, 'terminated'))).toEqual([
      'establishing',
      'established',
      'terminating',
      'terminated',
    ]);
  });

  it.each([3, 4, 5, 6])('plays example %d, a group call or a meeting: with its roster', async (example) => {
    const { callId, outcome } = await create(example);
    idOf(outcome);
    const received = await sim.receiver.untilTold(callId, 'terminated');
    expect(toldOf(received)).toEqual(['establishing', 'established', 'participants', 'terminating', 'terminated']);
    expect(received[2]!.text).toContain(example < 5 ? 'user2' : 'Bob');
  });

  it('reads, keeps alive and hangs up a call', async () => {
    await sim.control('PUT', 'script', { talkMs: null });
    const { callId, outcome } = await create(1);
    const [id, { value }] = [idOf(outcome), await sim.tokens.get(owner)];
    await sim.receiver.untilTold(callId, 'established');
    expect(await sim.graph.getCall(id, value)).toMatchObject({ kind: 'found', call: { id, state: 'established' } });
    expect(await sim.graph.keepAlive(id.toUpperCase(), value)).toEqual({ kind: 'alive' });
    expect(await liveCalls()).toContainEqual(expect.objectContaining({ id, callId, state: 'established' }));
    expect(await sim.graph.endCall(id, value)).toEqual({ kind: 'ended' });
    expect(toldOf(await sim.receiver.untilTold(callId, 'terminated'))).toEqual([
      'establishing',
      'established',
      'terminating',
      'terminated',
    ]);
    expect(await sim.graph.endCall(id, value)).toEqual({ kind: 'gone' });
    expect(await sim.graph.keepAlive(id, value)).toEqual({ kind: 'gone' });
    expect(await sim.graph.getCall(id, value)).toEqual({ kind: 'gone' });
  });

  it('shows a call to its own tenant only', async () => {
    await sim.control('PUT', 'script', { talkMs: null });
    const { outcome } = await create(1);
    const { value } = await sim.tokens.get({ ...owner, tenantId: 'aa67bd4c-8475-432d-bd41-39f255720e0a' });
    expect(await sim.graph.endCall(idOf(outcome), value)).toEqual({ kind: 'gone' });
    expect(await sim.graph.endCall(idOf(outcome), (await sim.tokens.get(owner)).value)).toEqual({ kind: 'ended' });
  });

  it('refuses what Graph refuses', async () => {
    const forged = `${(await sim.tokens.get(owner)).value.slice(0, -4)}AAAA`;
    expect((await create(1, {}, undefined, forged)).outcome).toMatchObject({
      kind: 'unauthorized',
      error: { code: 'InvalidAuthenticationToken' },
    });
    expect((await create(1, { callbackUri: 'http://bot.contoso.com' })).outcome).toMatchObject({
      kind: 'rejected',
      error: { httpStatus: 400 },
    });
    expect((await create(1, { callbackUri: null })).outcome).toMatchObject({ kind: 'rejected', error: { httpStatus: 400 } });
    expect((await create(1, { mediaConfig: null })).outcome).toMatchObject({ kind: 'rejected', error: { httpStatus: 400 } });
    const other = { tenantId: 'aa67bd4c-8475-432d-bd41-39f255720e0a' };
    expect((await create(1, other)).outcome).toMatchObject({ kind: 'rejected', error: { httpStatus: 403, code: '7505' } });
    const unsigned = await fetch(`${sim.url}/v1.0/communications/calls`, { method: 'POST', body: '{}' });
    expect([unsigned.status, await unsigned.json()]).toMatchObject([401, { error: { code: 'InvalidAuthenticationToken' } }]);
  });

  it('refuses a call for which the tenant has not consented', async () => {
    await sim.control('PUT', `tenants/${tenantId}`, { roles: ['Calls.JoinGroupCall.All'] });
    const { value, roles } = await sim.tokens.refresh(owner);
    expect(roles).toEqual(['Calls.JoinGroupCall.All']);
    expect((await create(1, {}, undefined, value)).outcome).toMatchObject({ kind: 'rejected', error: { code: '7504' } });
    idOf((await create(5, {}, undefined, value)).outcome);
    await sim.control('PUT', `tenants/${tenantId}`, { roles: CALLING_ROLES });
    await sim.tokens.refresh(owner);
  });

  it('does not take a token of the gateway’s', async () => {
    const { value } = await asCaller().get({ ...owner, appId: CALLER.clientId });
    expect((await create(1, {}, undefined, value)).outcome).toMatchObject({ kind: 'unauthorized' });
  });

  it('ends a call that is not kept alive', async () => {
    const impatient = await runningSimulator({ SIMULATOR_KEEP_ALIVE_MS: '60', SIMULATOR_TALK_MS: '60000' });
    const callId = randomUUID();
    const body = { ...exampleRequest(1), callbackUri: impatient.receiver.callbackUri(callId, tenantId, BOT.clientId) };
    const { value: token } = await impatient.tokens.get(owner);
    await impatient.graph.createCall({ token, body, callId, clientRequestId: randomUUID() });
    const received = await impatient.receiver.untilTold(callId, 'terminated');
    expect(received.at(-1)!.text).toContain('"subcode":8537');
    await impatient.close();
  });
});

describe('under load', () => {
  it('plays hundreds of calls at once, each in order', async () => {
    await sim.tokens.get(owner);
    const callIds = Array.from({ length: 300 }, () => randomUUID());
    const outcomes = await Promise.all(callIds.map((callId) => create(1, {}, callId)));
    expect(outcomes.map(({ outcome }) => outcome).filter(({ kind }) => kind !== 'created')).toEqual([]);
    for (const callId of callIds) {
      expect(toldOf(await sim.receiver.untilTold(callId, 'terminated'))).toEqual([
        'establishing',
        'established',
        'terminating',
        'terminated',
      ]);
    }
  });
});
