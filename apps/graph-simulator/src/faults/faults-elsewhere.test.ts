import { drivenSimulator, idOf, owner, toldOf } from '../testing/driven-simulator.js';
import { BOT } from '../testing/running-simulator.js';

const sim = await drivenSimulator();
const { create, deliveriesOf, fault } = sim;

afterEach(() => sim.reset());
afterAll(() => sim.close());

describe('faults elsewhere', () => {
  it('fail the token endpoint, the keys, keepAlive and the hang-up', async () => {
    await sim.control('PUT', 'script', { talkMs: null });
    const { outcome } = await create(1);
    const [id, { value }] = [idOf(outcome), await sim.tokens.get(owner)];
    for (const on of ['token', 'keepAlive', 'end']) await fault({ on, action: 'status', status: 503 });
    await fault({ on: 'jwks', action: 'reset-after-read', match: { direction: 'callback' } });
    const others = sim.tokensOf(BOT.clientId, { kind: 'secret', clientSecret: BOT.clientSecret });
    await expect(others.get(owner)).rejects.toMatchObject({ code: 'TOKEN_UNAVAILABLE' });
    await expect(fetch(`${sim.url}/callbacks/v1/keys`)).rejects.toThrow();
    expect((await fetch(`${sim.url}/callbacks/v1/keys`)).status).toBe(200);
    expect(await sim.graph.keepAlive(id, value)).toMatchObject({ kind: 'failed', isFinal: false });
    expect(await sim.graph.endCall(id, value)).toMatchObject({ kind: 'failed', isFinal: false });
    expect(await sim.graph.endCall(id, value)).toEqual({ kind: 'ended' });
  });

  it('drop a callback', async () => {
    await fault({ on: 'callback', action: 'drop', match: { state: 'established' } });
    const { callId } = await create(1);
    expect(toldOf(await sim.receiver.untilTold(callId, 'terminated'))).toEqual(['establishing', 'terminating', 'terminated']);
    expect(await deliveriesOf(callId)).toContainEqual(
      expect.objectContaining({ state: 'established', fault: 'drop', answered: null }),
    );
  });

  it('take the body off a callback', async () => {
    await fault({ on: 'callback', action: 'empty', match: { state: 'established' } });
    const { callId } = await create(1);
    const received = await sim.receiver.untilTold(callId, 'terminated');
    expect(received.map(({ text }) => text === '')).toEqual([false, true, false, false]);
    expect(received[1]?.headers).toMatchObject({ 'content-length': '0', 'content-type': 'application/json' });
    expect(await deliveriesOf(callId)).toContainEqual(
      expect.objectContaining({ state: 'established', fault: 'empty', body: '' }),
    );
  });

  it('duplicate a callback, with the same message id', async () => {
    await fault({ on: 'callback', action: 'duplicate', count: 3, match: { state: 'established' } });
    const { callId } = await create(1);
    const doubled = (await sim.receiver.untilTold(callId, 'terminated')).filter(({ told }) => told === 'established');
    expect(doubled).toHaveLength(3);
    expect(new Set(doubled.map(({ text, headers }) => text + String(headers['x-microsoft-skype-message-id']))).size).toBe(1);
  });

  it('delay a callback, and those behind it', async () => {
    await fault({ on: 'callback', action: 'delay', ms: 80, match: { state: 'establishing' } });
    const begunAt = performance.now();
    const { callId } = await create(1);
    expect(toldOf(await sim.receiver.untilTold(callId, 'terminated'))).toEqual([
      'establishing',
      'established',
      'terminating',
      'terminated',
    ]);
    expect(performance.now() - begunAt).toBeGreaterThanOrEqual(80);
  });

  it('reorder two callbacks', async () => {
    await fault({ on: 'callback', action: 'reorder', match: { state: 'establishing' } });
    const { callId } = await create(1);
    expect(toldOf(await sim.receiver.untilTold(callId, 'terminated'))).toEqual([
      'established',
      'establishing',
      'terminating',
      'terminated',
    ]);
  });

  it('are listed with how often they struck', async () => {
    await fault({ on: 'token', action: 'hold', ms: 1, times: 2 });
    await sim.tokens.refresh(owner);
    expect((await sim.control('GET', 'faults')).body).toMatchObject({
      faults: [{ on: 'token', action: 'hold', struck: 1, timesLeft: 1 }],
    });
  });

  it('are refused when they make no sense', async () => {
    const { status, body } = await sim.control('POST', 'faults', { on: 'create', action: 'explode' });
    expect([status, body]).toMatchObject([400, { faults: [expect.stringMatching(/^action/)] }]);
  });
});
