import { addressOf, UnprovenLimit } from './unproven-limit.js';

const yes = (): Promise<boolean> => Promise.resolve(true);
const no = (): Promise<boolean> => Promise.resolve(false);

function limit(unprovenRequestsPerSecond: number, plausibleTokensPerSecond: number) {
  const clock = { ms: 0 };
  const limits = new UnprovenLimit({ unprovenRequestsPerSecond, plausibleTokensPerSecond }, () => clock.ms);
  const take = async (ip: string, isPlausible = no): Promise<() => void> => limits.take(ip, isPlausible);
  return { take, clock };
}

const REFUSED = { status: 429, options: { headers: { 'retry-after': '1' } } };

describe('the limit on tokens without a proof', () => {
  it('is spent by failed checks, not by honest ones', async () => {
    const { take } = limit(2, 0);
    for (let honest = 0; honest < 10; honest += 1) (await take('192.0.2.1'))();
    await take('192.0.2.1');
    await take('192.0.2.1');
    await expect(take('192.0.2.1')).rejects.toMatchObject(REFUSED);
    await take('192.0.2.2');
  });

  it('lets plausible tokens be checked beyond the budget of their address, so many as the process may', async () => {
    const { take, clock } = limit(1, 2);
    await take('192.0.2.1');
    await expect(take('192.0.2.1', no)).rejects.toMatchObject(REFUSED);
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => take('192.0.2.1', yes)));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    clock.ms = 1_000;
    await take('192.0.2.1');
    await take('192.0.2.1', yes);
  });

  it('gives back nothing to a second that has begun since', async () => {
    const { take, clock } = limit(1, 0);
    const giveBack = await take('192.0.2.1');
    clock.ms = 1_000;
    await take('192.0.2.1');
    giveBack();
    await expect(take('192.0.2.1')).rejects.toMatchObject(REFUSED);
  });

  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['192.0.2.1:4711', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['[::ffff:192.0.2.1]:4711', '192.0.2.1'],
    ['2001:db8::1', '2001:db8::'],
    ['[2001:db8::1]', '2001:db8::'],
    ['[2001:db8::2]:4711', '2001:db8::'],
  ])('counts %s as %s', (ip, address) => {
    expect(addressOf(ip)).toBe(address);
  });
});
