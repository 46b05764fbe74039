import type { PostRecord } from './records.js';
import { drivenSimulator, tenantId } from '../testing/driven-simulator.js';
import { BOT } from '../testing/running-simulator.js';

const sim = await drivenSimulator();
const { create, postsOf, deliveriesOf } = sim;

afterEach(() => sim.reset());
afterAll(() => sim.close());

describe('the record of what came', () => {
  it('counts a create by the id in its callback address, with its answer and without its token', async () => {
    const { callId } = await create(1);
    const posts = await postsOf(callId);
    expect(posts).toMatchObject([
      {
        callId,
        attempt: 1,
        answered: { status: 201 },
        headers: { 'scenario-id': callId },
        body: { callbackUri: expect.any(String) as string },
      },
    ]);
    expect(Math.abs(posts[0]!.timeMs - Date.parse(posts[0]!.time))).toBeLessThan(1_000);
    expect(JSON.stringify(posts)).not.toMatch(/eyJ|authorization/i);
  });

  it('counts what is refused, and what is no JSON', async () => {
    const { callId } = await create(1, { mediaConfig: null });
    expect(await postsOf(callId)).toMatchObject([{ answered: { status: 400 } }]);
    await fetch(`${sim.url}/v1.0/communications/calls`, { method: 'POST', body: '{"callbackUri": broken' });
    const all = ((await sim.control('GET', 'posts')).body as { posts: PostRecord[] }).posts;
    expect(all.at(-1)).toMatchObject({ callId: null, attempt: null, body: '{"callbackUri": broken', answered: { status: 401 } });
  });

  it('tells of each callback what it was and how it was answered', async () => {
    sim.receiver.answer = 503;
    const { callId } = await create(1);
    const received = await sim.receiver.untilTold(callId, 'terminated');
    const deliveries = await deliveriesOf(callId);
    expect(deliveries.map(({ state }) => state)).toEqual(['establishing', 'established', 'terminating', 'terminated']);
    expect(deliveries.map(({ body }) => body)).toEqual(received.map(({ text }) => text));
    expect(deliveries.slice(0, 3).map(({ answered }) => answered?.status)).toEqual([503, 503, 503]);
  });

  it('says why a callback got no answer, and goes on', async () => {
    const { callId } = await create(1, {
      callbackUri: `https://localhost:1/v1/callbacks/${BOT.clientId}/${tenantId}/lonely/1/mac`,
    });
    expect(callId).toBeDefined();
    let deliveries = await deliveriesOf('lonely');
    while (deliveries.filter(({ error }) => error !== undefined).length < 4) deliveries = await deliveriesOf('lonely');
    expect(deliveries.map(({ state, answered }) => [state, answered])).toEqual([
      ['establishing', null],
      ['established', null],
      ['terminating', null],
      ['terminated', null],
    ]);
  });

  it('writes no token and no secret into its log', async () => {
    await create(1);
    expect(sim.lines.join('')).not.toMatch(/eyJ|secret»|the bot’s secret/);
  });
});
