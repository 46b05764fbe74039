import { randomUUID } from 'node:crypto';
import { drivenSimulator, tenantId } from '../testing/driven-simulator.js';
import { BOT } from '../testing/running-simulator.js';

const sim = await drivenSimulator();
const { deliveriesOf } = sim;

afterEach(() => sim.reset());
afterAll(() => sim.close());

describe('a notification on order', () => {
  const notify = async (order: object, callId: string = randomUUID()) => {
    const callbackUri = sim.receiver.callbackUri(callId, tenantId, BOT.clientId);
    const answer = await sim.control('POST', 'notifications', { callbackUri, ...order });
    const [received] = sim.receiver.of(callId);
    const verified = await sim.callbackTokens.verify(received!.headers.authorization, { audience: BOT.clientId, tenantId }).then(
      () => 'ACCEPTED',
      (error: unknown) => (error as { code: string }).code,
    );
    return { answer, received: received!, verified };
  };

  it('carries the body and a token as Graph would, and brings the answer back', async () => {
    sim.receiver.answer = 418;
    const { answer, received, verified } = await notify({
      body: { value: [] },
      headers: { 'X-Extra': 'yes', 'User-Agent': null },
    });
    expect(answer).toMatchObject({ status: 200, body: { status: 418 } });
    expect(received.text).toBe('{"value":[]}');
    expect(received.headers['x-extra']).toBe('yes');
    expect(received.headers['user-agent']).toBeUndefined();
    expect(verified).toBe('ACCEPTED');
  });

  it('is on record when it was taken', async () => {
    const callId = randomUUID();
    sim.receiver.answer = 202;
    await notify({ raw: '{"ordered":1}' }, callId);
    sim.receiver.answer = 503;
    await notify({ raw: '{"ordered":2}' }, callId);
    expect(await deliveriesOf(callId)).toEqual([
      expect.objectContaining({
        callId,
        state: 'ordered',
        body: '{"ordered":1}',
        answered: expect.objectContaining({ status: 202 }) as object,
      }),
    ]);
  });

  it('is on record with its exact bytes where they are no text', async () => {
    const callId = randomUUID();
    sim.receiver.answer = 202;
    const [noText, none] = [Buffer.from([0x7b, 0xff, 0x7d]).toString('base64'), ''];
    for (const rawBase64 of [noText, none]) await notify({ rawBase64 }, callId);
    const [odd, empty] = await deliveriesOf(callId);
    expect(odd).toMatchObject({ body: '{\ufffd}', bodyBase64: noText });
    expect(empty).toMatchObject({ body: '' });
    expect(empty).not.toHaveProperty('bodyBase64');
  });

  it('carries raw text and raw bytes', async () => {
    expect((await notify({ raw: '{"broken' })).received.text).toBe('{"broken');
    expect((await notify({ rawBase64: Buffer.from('ÿ').toString('base64') })).received.text).toBe('ÿ');
  });

  it.each([
    [{ sign: 'foreign' }, 'TOKEN_INVALID'],
    [{ sign: 'unknown-kid' }, 'TOKEN_INVALID'],
    [{ sign: 'alg-none' }, 'TOKEN_INVALID'],
    [{ sign: 'hs256' }, 'TOKEN_INVALID'],
    [{ sign: 'absent' }, 'TOKEN_MISSING'],
    [{ claims: { aud: 'other' } }, 'TOKEN_INVALID'],
    [{ claims: { exp: null } }, 'TOKEN_INVALID'],
    [{ claims: { extra: 1 } }, 'ACCEPTED'],
  ])('is signed wrongly as asked: %j', async (order, code) => {
    expect((await notify({ body: {}, ...order })).verified).toBe(code);
  });

  it('says when nobody is there', async () => {
    expect(await sim.control('POST', 'notifications', { callbackUri: 'https://localhost:1/x', body: {} })).toMatchObject({
      status: 502,
    });
  });

  it('proves itself with a new key after that was changed', async () => {
    expect((await sim.control('POST', 'keys', { rotate: 'callback' })).status).toBe(204);
    expect((await notify({ body: {} })).verified).toBe('ACCEPTED');
  });
});
