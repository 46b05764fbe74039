import { randomUUID } from 'node:crypto';
import type { Json } from '../calls/graph-call.js';
import { drivenSimulator, idOf, tenantId } from '../testing/driven-simulator.js';
import { BOT, CALLBACK_ISSUER } from '../testing/running-simulator.js';

const sim = await drivenSimulator();
const { create, register } = sim;

afterEach(() => sim.reset());
afterAll(() => sim.close());

describe('as Graph that calls back', () => {
  it('signs its callbacks so that they prove themselves, and sends the headers of public threads', async () => {
    const { callId, outcome } = await create(1);
    const received = await sim.receiver.untilTold(callId, 'terminated');
    for (const { headers } of received) {
      const claims = await sim.callbackTokens.verify(headers.authorization, { audience: BOT.clientId, tenantId });
      expect(claims).toMatchObject({ issuer: CALLBACK_ISSUER, tenantId, appId: BOT.clientId });
      expect(headers).toMatchObject({
        'content-type': 'application/json',
        'user-agent': 'Microsoft-Skype/3.0,(Calling/1.0)',
        'scenario-id': callId,
      });
    }
    const { call } = outcome as { call: Json };
    expect(new Set(received.map(({ headers }) => headers['x-microsoft-skype-chain-id']))).toEqual(new Set([call['callChainId']]));
    expect(new Set(received.map(({ headers }) => headers['x-microsoft-skype-message-id'])).size).toBe(received.length);
  });

  it('calls back each app under its own name', async () => {
    const appId = await register({ clientSecret: 'another bot’s' });
    const { value } = await sim.tokensOf(appId, { kind: 'secret', clientSecret: 'another bot’s' }).get({ appId, tenantId });
    const callId = randomUUID();
    idOf((await create(1, { callbackUri: sim.receiver.callbackUri(callId, tenantId, appId) }, callId, value)).outcome);
    const { headers } = (await sim.receiver.untilTold(callId, 'terminated')).at(-1)!;
    const verified = async (audience: string) => sim.callbackTokens.verify(headers.authorization, { audience, tenantId });
    expect(await verified(appId)).toMatchObject({ appId });
    await expect(verified(BOT.clientId)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
  });
});
