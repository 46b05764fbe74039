import { randomUUID } from 'node:crypto';
import { drivenSimulator, toldOf } from '../testing/driven-simulator.js';

const sim = await drivenSimulator();
const { create } = sim;

afterEach(() => sim.reset());
afterAll(() => sim.close());

describe('the script', () => {
  it('lets people come and go', async () => {
    await sim.control('PUT', 'script', {
      talkMs: 60,
      roster: [
        { afterMs: 10, join: [{ id: 'u-1', displayName: 'Late Comer' }] },
        { afterMs: 20, leave: ['u-1'], crowd: 2_000 },
      ],
    });
    const { callId } = await create(5);
    const rosters = (await sim.receiver.untilTold(callId, 'terminated')).filter(({ told }) => told === 'participants');
    const sizes = rosters.map(
      ({ text }) => (JSON.parse(text) as { value: [{ resourceData: unknown[] }] }).value[0].resourceData.length,
    );
    expect(sizes).toEqual([2, 3, 2_002]);
    expect(rosters.map(({ text }) => text.includes('Late Comer'))).toEqual([false, true, false]);
  });

  it('plays for the calls that it is meant for only', async () => {
    const callId = randomUUID();
    expect((await sim.control('PUT', 'script', { match: { callId }, answer: 'rejected' })).status).toBe(200);
    const { callId: other } = await create(1);
    await create(1, {}, callId);
    expect(toldOf(await sim.receiver.untilTold(callId, 'terminated'))).toEqual(['establishing', 'terminated']);
    expect(await sim.receiver.untilTold(other, 'terminated')).toHaveLength(4);
  });

  it.each([{ answer: 'perhaps' }, { talkMs: -1 }, { colour: 'red' }, { roster: [{}] }, { match: { callid: 'x' } }])(
    'is refused when it makes no sense: %j',
    async (script) => {
      expect(await sim.control('PUT', 'script', script)).toMatchObject({
        status: 400,
        body: { faults: expect.any(Array) as unknown[] },
      });
    },
  );
});
